/** The private link between agents and the master as a gRPC service: one bidirectional stream per agent. */
import * as grpc from '@grpc/grpc-js'
import { decodeProtobuf, encodeProtobuf } from '../codec.ts'
import type * as agentLink from '../wire/agent-link.gen.ts'

/** Bytes of one message; a re-registration lists every task of an agent. */
const AGENT_LINK_MESSAGE_BYTES_MAX = 268_435_456

/** The service that the master implements: `connect` gets one stream per agent. */
export const agentLinkService = {
  connect: {
    path: '/thermosphere.agentlink.v1.AgentLink/Connect',
    requestStream: true,
    responseStream: true,
    requestSerialize: (message: agentLink.AgentMessage) =>
      Buffer.from(encodeProtobuf('thermosphere.agentlink.v1.AgentMessage', message)),
    requestDeserialize: (bytes: Buffer) => decodeProtobuf('thermosphere.agentlink.v1.AgentMessage', bytes),
    responseSerialize: (message: agentLink.MasterMessage) =>
      Buffer.from(encodeProtobuf('thermosphere.agentlink.v1.MasterMessage', message)),
    responseDeserialize: (bytes: Buffer) => decodeProtobuf('thermosphere.agentlink.v1.MasterMessage', bytes),
  },
} satisfies grpc.ServiceDefinition

export type AgentLinkHandlers = {
  readonly connect: grpc.handleBidiStreamingCall<agentLink.AgentMessage, agentLink.MasterMessage>
}

/** The master's end of one link. */
export type AgentLinkServerStream = grpc.ServerDuplexStream<agentLink.AgentMessage, agentLink.MasterMessage>
/** The agent's end of one link. */
export type AgentLinkClientStream = grpc.ClientDuplexStream<agentLink.AgentMessage, agentLink.MasterMessage>

export const agentLinkServerOptions = {
  'grpc.max_receive_message_length': AGENT_LINK_MESSAGE_BYTES_MAX,
  'grpc.max_send_message_length': AGENT_LINK_MESSAGE_BYTES_MAX,
} satisfies grpc.ServerOptions

const STANDBY = 'thermosphere-standby'

/** Headers of a master that answers an agent without leading; those of the leader have no such mark. */
export function standbyHeaders(): grpc.Metadata {
  const headers = new grpc.Metadata()
  headers.set(STANDBY, '1')
  return headers
}

/** Whether the headers of an answer are those of a standby, which only sends NOT_LEADER. */
export function isStandby(headers: grpc.Metadata): boolean {
  return headers.get(STANDBY).length > 0
}

export type AgentLinkClientOptions = {
  readonly credentials?: grpc.ChannelCredentials
  /** How often a silent peer is asked whether it is there: its machine may have vanished. */
  readonly keepalive?: { readonly everyMs: number; readonly timeoutMs: number }
}

/** One client per master address. Reconnecting is the agent's business, so the channel itself does not linger. */
export class AgentLinkClient {
  readonly #client: grpc.Client

  /** `address` is `host:port`. */
  constructor(address: string, { credentials, keepalive }: AgentLinkClientOptions = {}) {
    this.#client = new grpc.Client(address, credentials ?? grpc.credentials.createInsecure(), {
      ...agentLinkServerOptions,
      'grpc.enable_retries': 0,
      'grpc.use_local_subchannel_pool': 1,
      ...(keepalive !== undefined && {
        'grpc.keepalive_time_ms': keepalive.everyMs,
        'grpc.keepalive_timeout_ms': keepalive.timeoutMs,
      }),
    })
  }

  /** Opens a link. A stream that fails emits `error` with a gRPC status, then `close`. */
  connect(metadata = new grpc.Metadata()): AgentLinkClientStream {
    const { path, requestSerialize, responseDeserialize } = agentLinkService.connect
    return this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata)
  }

  close(): void {
    this.#client.close()
  }
}

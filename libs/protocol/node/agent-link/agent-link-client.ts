/** The private link between agents and the master as a gRPC service: one bidirectional stream per agent. */
import * as grpc from '@grpc/grpc-js'
import { decodeProtobuf, encodeProtobuf } from '../../codec.ts'
import type * as agentLink from '../../wire/agent-link.gen.ts'
import { LINK_MESSAGE_BYTES_MAX } from './limits.ts'

export const AGENT_LINK_PATH = '/thermosphere.agentlink.v1.AgentLink/Connect'

const serialize = (message: agentLink.AgentMessage): Buffer =>
  Buffer.from(encodeProtobuf('thermosphere.agentlink.v1.AgentMessage', message))
const deserialize = (bytes: Buffer): agentLink.MasterMessage =>
  decodeProtobuf('thermosphere.agentlink.v1.MasterMessage', bytes)

/** The agent's end of one link. */
export type AgentLinkClientStream = grpc.ClientDuplexStream<agentLink.AgentMessage, agentLink.MasterMessage>

const STANDBY = 'thermosphere-standby'

/** Headers of a master that answers an agent without leading; those of the leader have no such mark. */
export const standbyHeaders: Readonly<Record<string, string>> = { [STANDBY]: '1' }

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
      'grpc.max_receive_message_length': LINK_MESSAGE_BYTES_MAX,
      'grpc.max_send_message_length': LINK_MESSAGE_BYTES_MAX,
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
    return this.#client.makeBidiStreamRequest(AGENT_LINK_PATH, serialize, deserialize, metadata)
  }

  close(): void {
    this.#client.close()
  }
}

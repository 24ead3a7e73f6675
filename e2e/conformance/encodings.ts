/** The two encodings of the v1 APIs: the recorder speaks JSON, and a door before each server may make it protobuf. */
import { ProtobufDoor } from './protobuf-door.ts'

export type Encoding = 'JSON' | 'protobuf'
export const encodings: readonly Encoding[] = ['JSON', 'protobuf']

type Urls = { readonly master: string; readonly agent: string }
type Doors = Urls & {
  /** The types of the calls that went on in protobuf. */
  spoken(): string[]
  close(): void
}

export async function openDoors(encoding: Encoding, urls: Urls): Promise<Doors> {
  if (encoding === 'JSON') return { ...urls, spoken: () => [], close: () => undefined }
  const master = await ProtobufDoor.open('master', urls.master)
  const agent = await ProtobufDoor.open('agent', urls.agent)
  return {
    master: master.url,
    agent: agent.url,
    spoken: () => [...master.spoken.keys(), ...agent.spoken.keys()],
    close: () => {
      master.close()
      agent.close()
    },
  }
}

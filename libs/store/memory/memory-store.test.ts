import { EngineStore } from '../engine/engine-store.ts'
import { LocalEngine } from '../engine/local-engine.ts'
import { storeConformance } from '../conformance/store.conformance.ts'
import { MemoryEngine } from './memory-engine.ts'

storeConformance('memory', {
  open() {
    const engine = new MemoryEngine()
    const store = new EngineStore(new LocalEngine(engine))
    return Promise.resolve({
      store,
      second: () => Promise.resolve(undefined),
      depose: async (name: string) => engine.expire(name),
      close: () => store.close(),
    })
  },
})

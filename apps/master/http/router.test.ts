import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { runMaster } from '../testing/running-master.ts'

test('a target that is no URL is not found, like any other that nobody serves', async (t) => {
  const master = await runMaster()
  t.after(() => master.close())
  const statusOf = (path: string): Promise<number | undefined> => {
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
    const sent = request({ port: master.port, path }, (response) => {
      resolve(response.statusCode)
      response.resume()
    })
    sent.on('error', reject)
    sent.end()
    return promise
  }
  const paths = ['//', '//?a=b', '/%zz', '/..', '/nowhere?%']
  assert.deepEqual(await Promise.all(paths.map(statusOf)), [404, 404, 404, 404, 404])
  assert.equal(await statusOf('/version?jsonp=f'), 200)
})

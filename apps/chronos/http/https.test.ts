import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { listen } from '@thermosphere/service-kit'
import { createHttpsServer } from './https.ts'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0

/** A key and a certificate for 127.0.0.1 in both forms. */
async function makeKeyStores(dir: string): Promise<{ readonly pem: string; readonly p12: string }> {
  const [key, cert, pem, p12] = ['key', 'cert', 'both.pem', 'store.p12'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
    string,
  ]
  const openssl = (...args: string[]): void => assert.equal(spawnSync('openssl', args).status, 0, args.join(' '))
  const subject = ['-subj', '/CN=127.0.0.1', '-days', '1']
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    key,
    '-out',
    cert,
    ...subject,
  )
  openssl('pkcs12', '-export', '-inkey', key, '-in', cert, '-out', p12, '-passout', 'pass:secret')
  await writeFile(pem, `${await readFile(key, 'utf8')}${await readFile(cert, 'utf8')}`)
  return { pem, p12 }
}

function statusOf(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, path: '/', rejectUnauthorized: false, agent: false },
      (response) => {
        response.resume().on('end', () => resolve(response.statusCode))
      },
    )
    sent.on('error', reject).end()
  })
}

test('[chronos 86] HTTPS from a PEM file and from PKCS#12', { skip: !hasOpenssl && 'needs openssl' }, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'chronos-tls-'))
  try {
    const { pem, p12 } = await makeKeyStores(dir)
    const stores = [
      { path: pem, password: undefined },
      { path: p12, password: 'secret' },
    ]
    for (const store of stores) {
      const target = createHttpsServer((_request, response) => void response.writeHead(204).end(), store)
      const server = await listen({ target, ip: '127.0.0.1', port: 0, insecure: false, authenticated: false })
      assert.equal(await statusOf(server.port), 204)
      await server.close(0)
    }
    assert.throws(
      () => createHttpsServer(() => undefined, { path: p12, password: 'wrong' }),
      /store\.p12 cannot be used/,
    )
  } finally {
    await rm(dir, { recursive: true })
  }
})

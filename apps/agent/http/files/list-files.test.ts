import assert from 'node:assert/strict'
import { test } from 'node:test'
import { modeText } from './list-files.ts'

test('modes read as ls prints them', () => {
  assert.equal(modeText(0o100644), '-rw-r--r--')
  assert.equal(modeText(0o040755), 'drwxr-xr-x')
  assert.equal(modeText(0o120777), 'lrwxrwxrwx')
  assert.equal(modeText(0o104755), '-rwsr-xr-x')
  assert.equal(modeText(0o041777), 'drwxrwxrwt')
})

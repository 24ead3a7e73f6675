import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { acceptedType, acceptsCoding } from './accept.ts'

const json = 'application/json'
const protobuf = 'application/x-protobuf'

suite('Accept', () => {
  const table: readonly (readonly [about: string, header: string | undefined, expected: string | undefined])[] = [
    ['that is not there allows all', undefined, json],
    ['that is empty allows all', ' ', json],
    ['names a type, in whatever case', 'Application/X-Protobuf', protobuf],
    ['names a type with parameters', `${protobuf}; charset=utf-8; q=0.1`, protobuf],
    ['names all subtypes', 'text/html, application/*', json],
    ['names all types', '*/*;q=0.1', json],
    ['names none of ours', 'text/html, application/jso, text/*', undefined],
    ['does not rank weights', `${protobuf}, ${json};q=0.001`, json],
    ['excludes with a weight of 0', `${json};q=0, ${protobuf}`, protobuf],
    ['excludes with a weight of 0.000, in whatever case and with spaces', `${json} ; Q=0.000, ${protobuf}`, protobuf],
    ['excludes a type though another range allows all', `*/*, ${json};q=0`, protobuf],
    ['excludes a type though another range allows all subtypes', `${json};q=0, application/*`, protobuf],
    ['allows a type though another range excludes all', `*/*;q=0, application/*;q=0, ${protobuf}`, protobuf],
    ['prefers the rule for subtypes to the one for all', '*/*, application/*;q=0', undefined],
    ['counts the first of two ranges of one name', `${json};q=0, ${json}, ${protobuf}`, protobuf],
    ...['abc', '', '0x', '-1', '0.5.5'].map(
      (weight) =>
        [`excludes with a weight of ${weight || 'nothing'}`, `${json};q=${weight}, ${protobuf}`, protobuf] as const,
    ),
    ['is nothing but separators', ',;q=1,;;,', undefined],
  ]
  for (const [about, header, expected] of table)
    test(about, () => assert.equal(acceptedType(header, [json, protobuf]), expected))
})

suite('Accept-Encoding', () => {
  const table: readonly (readonly [header: string | undefined, expected: boolean])[] = [
    [undefined, false],
    ['', false],
    ['gzip', true],
    ['br, GZip;q=0.5', true],
    ['*', true],
    ['identity, x-gzip', false],
    ['gzip;q=0', false],
    ['gzip; q=0.0, br', false],
    ['*;q=0', false],
    ['gzip;q=0, *', false],
    ['gzip, *;q=0', true],
    ['gzip;q=none', false],
  ]
  for (const [header, expected] of table)
    test(`${header} ${expected ? 'asks' : 'does not ask'} for gzip`, () =>
      assert.equal(acceptsCoding(header, 'gzip'), expected))
})

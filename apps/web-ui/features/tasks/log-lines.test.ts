import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { limits } from '../../limits.ts'
import { appendText, findLines, noLines, prependText } from './log-lines.ts'
import { jobNameOfTask, serviceIdOfTask } from './task-owner.ts'
import { sandboxCandidates } from '../../api/sandbox.ts'

describe('the lines of a log', () => {
  it('are the same however the text arrives', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', '\n') })), (pieces) => {
        const whole = appendText(noLines, pieces.join(''))
        assert.deepEqual(pieces.reduce(appendText, noLines).lines, whole.lines)
      }),
    )
  })
  it('join earlier text at the cut', () => {
    const log = prependText(appendText(noLines, 'ond\nthird\n'), 'first\nsec')
    assert.deepEqual(log.lines, ['first', 'second', 'third'])
  })
  it('are bounded; what is dropped is counted', () => {
    const log = appendText(noLines, 'x\n'.repeat(limits.logLinesMax + 3))
    assert.equal(log.lines.length, limits.logLinesMax)
    assert.equal(log.droppedCount, 3)
  })
  it('are found without regard to case', () =>
    assert.deepEqual(findLines(['Error', 'fine', 'an ERROR'], 'error'), [0, 2]))
})

describe('a task id', () => {
  it('tells the service it is an instance of', () => {
    assert.equal(serviceIdOfTask({ id: 'shop_cart.instance-6a0c-11f0._app.1' }, undefined), '/shop/cart')
    assert.equal(serviceIdOfTask({ id: 'plain' }, undefined), undefined)
  })
  it('tells the job it is a run of', () => {
    assert.equal(jobNameOfTask('ct:1767240000000:0:daily report:-v'), 'daily report')
    assert.equal(jobNameOfTask('shop_cart.instance-1._app.1'), undefined)
  })
})

describe('the sandbox', () => {
  it('of a command task is its own, of a task in a group is below its executor', () => {
    const task = { id: 't', frameworkId: 'f', agentId: 's' }
    assert.deepEqual(
      sandboxCandidates(task).map((one) => one.directory),
      ['/frameworks/f/executors/t/runs/latest'],
    )
    assert.equal(
      sandboxCandidates({ ...task, executorId: 'e' })[0]?.directory,
      '/frameworks/f/executors/e/runs/latest/tasks/t',
    )
  })
})

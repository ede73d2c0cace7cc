// The last look before a call: what waited longer than its claim lives, lost its lease or is stopped goes back.
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { SendResult } from '../../../src/domain/send-result.ts'
import { HeldNode } from '../../../src/engine/node-life.ts'
import { type EndedCall, type QueuedCall, StartQueue } from '../../../src/engine/send/start-queue.ts'
import { momentOf } from '../../../src/runtime/moment.ts'
import { Journal, readJournal } from '../../../src/store/journal.ts'
import { FakeClock, turn } from '../../support/fake-clock.ts'
import { openTestApp } from '../../support/open-test-app.ts'

interface Setup {
  window?: number
  ratePerSecond?: number
}

async function setup({ window = 100, ratePerSecond = 1_000 }: Setup = {}) {
  const { ctx, clock, dir } = await openTestApp({ clock: new FakeClock() })
  const path = join(dir, 'node.journal')
  const owner = { nodeId: 1, startedAt: clock.now(), epoch: 'abcdef 1' }
  const journal = new Journal(path, owner)
  const lock = { [Symbol.dispose]: () => {} }
  const node = new HeldNode(clock, { id: 1, journal, lock, renewedAt: momentOf(clock) })
  onTestFinished(() => node.end())
  const ended: EndedCall[] = []
  const queue = new StartQueue(ctx, { ratePerSecond, window: () => window, onEnd: (call) => ended.push(call) })
  const calls = new Map<number, (result: SendResult) => void>()
  const begun: number[] = []
  let ids = 0
  /** A claimed call whose provider answers when the test says so; `asks` when it wants to begin. */
  const claimed = (
    change: { startAtMs?: number; mode?: 'sole' | 'shared'; waits?: Promise<void> } = {},
  ): QueuedCall => {
    const attemptId = ++ids
    const { startAtMs = clock.now(), mode = 'sole', waits } = change
    return {
      message: {
        messageId: attemptId,
        attemptId,
        runId: 1,
        campaignId: 1,
        contactId: attemptId,
        revisionId: 1,
        phone: '+12025550100',
        variables: null,
        expiresAt: Number.MAX_SAFE_INTEGER,
        lastInboundAt: null,
        startAtUs: startAtMs * 1000,
        campaignRatePerSecond: null,
      },
      permission: { checkedAt: momentOf(clock), node, mode, holds: queue.holds },
      call: async (begin) => {
        await waits
        if (!begin()) return { kind: 'not_started', error: null }
        begun.push(attemptId)
        return new Promise((resolve) => calls.set(attemptId, resolve))
      },
    }
  }
  const answer = (attemptId: number, result: SendResult = { kind: 'accepted', trackingId: `t${attemptId}` }) =>
    calls.get(attemptId)?.(result)
  const turns = async () => {
    for (let n = 0; n < 5; n++) await turn()
  }
  return { clock, node, queue, ended, begun, claimed, answer, turns, path, owner }
}

const givenBack = (ended: EndedCall[]) => ended.filter(({ result }) => result.kind === 'not_started')

describe('a claimed call', () => {
  it('begins at its slot, and its start is noted in the journal before it goes out', async () => {
    const { clock, queue, begun, claimed, answer, turns, ended, path, owner } = await setup()
    queue.add([claimed({ startAtMs: clock.now() + 40 })])
    await turns()
    expect(begun).toEqual([])
    clock.advance(41)
    await turns()
    expect(begun).toEqual([1])
    expect(readJournal(path, owner)?.get(1)).toEqual({ attemptId: 1, startedAtUs: clock.nowUs() })
    answer(1)
    await turns()
    expect(ended).toMatchObject([{ startedAtUs: clock.nowUs(), result: { kind: 'accepted' } }])
    expect(readJournal(path, owner)?.get(1)).toMatchObject({ result: { kind: 'accepted', trackingId: 't1' } })
  })

  it('H2: does not begin when its process was stopped while it noted the start', async () => {
    const { clock, node, queue, begun, claimed, turns, ended } = await setup()
    const { journal } = node
    const note = journal.begun.bind(journal)
    journal.begun = (attemptId, startedAtUs) => {
      // Whoever took over has read the journal in the meantime.
      clock.advance(20_000)
      note(attemptId, startedAtUs)
    }
    queue.add([claimed()])
    await turns()
    expect(begun).toEqual([])
    expect(givenBack(ended)).toHaveLength(1)
  })

  it('H1, S4: waits for a place no longer than its claim lives', async () => {
    const { clock, queue, begun, claimed, turns, ended } = await setup({ window: 1 })
    queue.add([claimed(), claimed(), claimed()])
    await turns()
    expect(begun).toEqual([1])
    clock.advance(1_000)
    await turns()
    expect(givenBack(ended).map(({ message }) => message.attemptId)).toEqual([2, 3])
    expect(ended.every(({ startedAtUs }) => startedAtUs === undefined)).toBe(true)
  })

  it('H1: takes a place that becomes free in time', async () => {
    const { queue, begun, claimed, answer, turns } = await setup({ window: 1 })
    queue.add([claimed(), claimed()])
    await turns()
    answer(1)
    await turns()
    expect(begun).toEqual([1, 2])
  })

  it('H1: that its driver kept waiting for a second does not begin', async () => {
    const { clock, queue, begun, claimed, turns, ended } = await setup()
    let connected = () => {}
    const waits = new Promise<void>((resolve) => {
      connected = resolve
    })
    queue.add([claimed({ waits })])
    await turns()
    clock.advance(950)
    connected()
    await turns()
    expect(begun).toEqual([])
    expect(givenBack(ended)).toHaveLength(1)
  })

  it('H1: goes back when the process stood still, by the clock that a suspended machine sees', async () => {
    const { clock, queue, begun, claimed, turns, ended } = await setup({ window: 0 })
    queue.add([claimed()])
    await turns()
    // The wall goes on while a machine sleeps; the monotonic clock does not.
    clock.jump(60_000)
    await turns()
    expect(begun).toEqual([])
    expect(givenBack(ended)).toHaveLength(1)
  })

  it('H2: does not begin once the lease of its node is over', async () => {
    const { clock, node, queue, begun, claimed, turns, ended } = await setup()
    clock.advance(14_000)
    expect(node.isHeld()).toBe(false)
    queue.add([claimed()])
    await turns()
    expect(begun).toEqual([])
    expect(givenBack(ended)).toHaveLength(1)
    node.renewed(momentOf(clock))
    queue.add([claimed()])
    await turns()
    expect(begun).toEqual([2])
  })

  it('H1: goes back at once when its sender stops, and what is on the wire ends', async () => {
    const { clock, queue, begun, claimed, answer, turns, ended } = await setup()
    let connected = () => {}
    const waits = new Promise<void>((resolve) => {
      connected = resolve
    })
    queue.add([claimed(), claimed({ waits }), claimed({ startAtMs: clock.now() + 30 })])
    await turns()
    queue.stop()
    expect(givenBack(ended).map(({ message }) => message.attemptId)).toEqual([3])
    connected()
    await turns()
    expect(begun).toEqual([1])
    answer(1)
    queue.add([claimed()])
    await turns()
    expect(queue.waiting + queue.onTheWire).toBe(0)
    expect(ended.map(({ result }) => result.kind).sort()).toEqual([
      'accepted',
      'not_started',
      'not_started',
      'not_started',
    ])
  })

  it('V1: goes back when an answer asks for patience, also when its claim was under way then', async () => {
    const { clock, queue, begun, claimed, turns, ended } = await setup()
    const underWay = claimed()
    queue.add([claimed({ startAtMs: clock.now() + 30 })])
    await turns()
    queue.hold()
    queue.add([underWay])
    await turns()
    expect(begun).toEqual([])
    expect(givenBack(ended)).toHaveLength(2)
    queue.add([claimed()])
    await turns()
    expect(begun).toEqual([3])
  })

  it('H15: loses a slot that passed where processes share the sender, and not where it sends alone', async () => {
    const { clock, queue, begun, claimed, turns, ended } = await setup()
    queue.add([claimed({ startAtMs: clock.now() - 100, mode: 'shared' }), claimed({ startAtMs: clock.now() - 100 })])
    await turns()
    expect(begun).toEqual([2])
    expect(givenBack(ended)).toHaveLength(1)
  })

  it('H15: waits while its rate has no room, however many slots have come', async () => {
    const { clock, queue, begun, claimed, turns } = await setup({ ratePerSecond: 11 })
    queue.add(Array.from({ length: 15 }, () => claimed()))
    await turns()
    expect(begun).toHaveLength(11)
    clock.advance(500)
    await turns()
    expect(begun).toHaveLength(11)
  })
})

describe('a journal', () => {
  it('is trusted by nobody but its own node in the same life of the machine and the database', async () => {
    const { path, owner } = await setup()
    expect(readJournal(path, owner)).toEqual(new Map())
    expect(readJournal(path, { ...owner, startedAt: owner.startedAt + 1 })).toBeUndefined()
    expect(readJournal(path, { ...owner, nodeId: 2 })).toBeUndefined()
    expect(readJournal(path, { ...owner, epoch: 'abcdef 2' })).toBeUndefined()
    expect(readJournal(`${path}.missing`, owner)).toBeUndefined()
  })

  it('uses the place of a recorded call again, and cuts what a provider said to its size', async () => {
    const { node, path, owner } = await setup()
    const said = 'ß"\n'.repeat(1_000)
    const error = { code: 'E'.repeat(900), text: said, advice: said, httpStatus: 500 }
    for (let attemptId = 1; attemptId <= 3; attemptId++) {
      node.journal.begun(attemptId, 5)
      node.journal.answered(attemptId, { startedAtUs: 5, endedAt: 6, result: { kind: 'unknown', error } })
      if (attemptId < 3) node.journal.recorded(attemptId)
    }
    const entries = readJournal(path, owner)
    expect([...(entries?.keys() ?? [])]).toEqual([3])
    expect(entries?.get(3)).toMatchObject({ startedAtUs: 5, endedAt: 6, result: { kind: 'unknown' } })
  })
})

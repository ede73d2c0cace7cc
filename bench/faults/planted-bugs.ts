// Bugs that would break a promise, each as a change of the source, with the level that must catch it. M-01 to M-14 are those
// that queues and senders are known for; H1 to H18 bring back what was found in Herald and repaired.

export interface PlantedBug {
  what: string
  file: string
  /** Each text stands in the file exactly once. */
  changes: readonly (readonly [text: string, planted: string])[]
  level: Level
}

/** Files of tests, and words that the names of the tests to be run contain. */
export interface Level {
  files: readonly string[]
  named?: string
  env?: Record<string, string>
}

/** A source with the bug in it; throws when the source has no place for it any more. */
export function withBug(text: string, { file, changes }: PlantedBug): string {
  let changed = text
  for (const [there, planted] of changes) {
    const times = changed.split(there).length - 1
    if (times !== 1) throw new Error(`${file} has ${times} times: ${there}`)
    changed = changed.replace(there, () => planted)
  }
  return changed
}

const level = (named: string | undefined, ...files: string[]): Level => ({
  files: files.map((file) => `test/${file}`),
  ...(named !== undefined && { named }),
})
const killed = (named: string) => level(named, 'reliability/kill-matrix.test.ts')
const faults = level('is asked once', 'reliability/provider-faults.test.ts')
const kills = (operation: string, points: number): Level => ({
  ...killed('lose nothing and do nothing twice'),
  env: { KILL_OPERATIONS: operation, KILL_POINTS: String(points) },
})

export const plantedBugs: Record<string, PlantedBug> = {
  'M-01': {
    what: 'calls begin before the transaction that takes their messages has committed',
    file: 'src/engine/send/sender-loop.ts',
    changes: [
      [
        'const claim = isClaiming ? await claimMessages(tx, this.#claimRequest(node.id, { now, clock })) : undefined',
        `const claim = isClaiming ? await claimMessages(tx, this.#claimRequest(node.id, { now, clock })) : undefined
        if (claim !== undefined) this.#queue.add(this.#prepare(claim, { checkedAt, node, mode: claim.mode, holds }))`,
      ],
      ['    this.#queue.add(this.#prepare(claim, permission))\n', ''],
    ],
    level: kills('send', 60),
  },
  'M-02': {
    what: 'what was fetched and not begun when the process died counts as dealt with',
    file: 'src/store/held-result.ts',
    changes: [
      [
        "return { message, result: { kind: 'not_started', error: null }, endedAt: now }",
        "return { message, result: { kind: 'not_started', error: null, skip: 'no_session' }, endedAt: now }",
      ],
    ],
    level: killed('that is killed'),
  },
  'M-03': {
    what: 'a commit is answered before the disk has it',
    file: 'src/store/durability.ts',
    changes: [
      [
        'if (this.#failure !== undefined) throw this.#failure\n    return new Promise',
        'if (this.#failure !== undefined) throw this.#failure\n    return\n    return new Promise',
      ],
    ],
    level: level('whatever was answered is there', 'reliability/power-cut.test.ts'),
  },
  'M-04': {
    what: 'what a dead process had on the wire is sent again',
    file: 'src/store/held-result.ts',
    changes: [
      [
        'return { message, result: lostResult, startedAtUs: entry?.startedAtUs, endedAt: now }',
        "return { message, result: { kind: 'not_started', error: null }, endedAt: now }",
      ],
    ],
    level: killed('after the provider took it'),
  },
  'M-05': {
    what: 'a call that gets no answer in time is made again',
    file: 'src/providers/http-client.ts',
    changes: [
      [
        "kind: this.#controller === undefined ? 'not_sent' : 'unknown'",
        "kind: this.#controller === undefined || code === 'deadline' ? 'not_sent' : 'unknown'",
      ],
    ],
    level: faults,
  },
  'M-06': {
    what: 'a call that is answered with 500 is made again',
    file: 'src/providers/http-result.ts',
    changes: [
      [
        "return { kind: 'unknown', ...(retryAfterMs !== null && { retryAfterMs }), error }",
        "return { kind: 'temporary', retryAfterMs: retryAfterMs ?? 0, error }",
      ],
    ],
    level: faults,
  },
  'M-07': {
    what: 'a run may have two messages for one person',
    file: 'migrations/sqlite/0000_start.sql',
    changes: [['CREATE UNIQUE INDEX `messages_run_contact`', 'CREATE INDEX `messages_run_contact`']],
    level: level(undefined, 'reliability/simulation-1.test.ts', 'store/contract'),
  },
  'M-08': {
    what: 'a transaction that writes begins by reading',
    file: 'src/store/lane.ts',
    changes: [["prepare(connection.readonly ? 'BEGIN' : 'BEGIN IMMEDIATE')", "prepare('BEGIN')"]],
    level: level(undefined, 'reliability/two-processes.test.ts', 'store/sqlite.test.ts'),
  },
  'M-09': {
    what: 'a callback is acknowledged before it is stored',
    file: 'src/http/webhook-listener.ts',
    changes: [
      [
        '    await this.#signatures.watch(this.#callerOf(request), door.senderId, () =>',
        `    this.#respond(response, { status: 200, headers: {}, body: '', isLast: false })
    await this.#signatures.watch(this.#callerOf(request), door.senderId, () =>`,
      ],
      ["    )\n    this.#respond(response, { status: 200, headers: {}, body: '', isLast: false })\n  }", '    )\n  }'],
    ],
    level: kills('receive', 30),
  },
  'M-10': {
    what: 'the last callback decides the status',
    file: 'src/domain/message-status.ts',
    changes: [
      [
        'return known !== null && known <= update.at ? attempt : { ...attempt, [field]: update.at }',
        `const none = { sentAt: null, deliveredAt: null, readAt: null, failedAt: null }
  return known !== null && known <= update.at ? attempt : { ...attempt, ...none, [field]: update.at }`,
      ],
    ],
    level: level('move nothing, in whatever order', 'reliability/provider-faults.test.ts'),
  },
  'M-11': {
    what: 'a result is recorded for the message, whichever attempt it belongs to',
    file: 'src/domain/message-status.ts',
    changes: [
      [
        'const deciding = attempts.findLast(({ retryAt }) => retryAt === null) ?? strongest',
        'const deciding = attempts.find(({ failedAt }) => failedAt !== null) ?? attempts.findLast(({ retryAt }) => retryAt === null) ?? strongest',
      ],
    ],
    level: level('H9', 'domain/message-status.test.ts', 'engine/track/attempts.test.ts'),
  },
  'M-12': {
    what: 'an occurrence at a time of day is known by its instant',
    file: 'src/domain/schedule.ts',
    changes: [
      [
        'function keyOf(schedule: Schedule, local: LocalMs): string {',
        'function keyOf(schedule: Schedule, local: LocalMs): string {\n  if (local !== 0) return formatInstant(local)',
      ],
    ],
    level: level(undefined, 'domain/schedule.test.ts', 'engine/plan/schedules.test.ts'),
  },
  'M-13': {
    what: 'work that another node holds is taken although its lease runs',
    file: 'src/engine/duties/duty.ts',
    changes: [
      [
        'return from === null || from === to || (await isNodeOver(ctx, from)) ? { from, to }',
        'return to > 0 ? { from, to }',
      ],
    ],
    level: level(undefined, 'engine/duties/owners.test.ts'),
  },
  'M-14': {
    what: 'a callback of another account is taken for ours',
    file: 'src/store/told.ts',
    changes: [['if (attempt.account !== account) return', "if (attempt.account === '') return"]],
    level: level(undefined, 'engine/track/attempts.test.ts'),
  },
  H1: {
    what: 'a call may begin however long ago its rules were checked',
    file: 'src/engine/send/start-queue.ts',
    changes: [['return ageMs(clock, permission.checkedAt) < BEGIN_WITHIN_MS', 'return true']],
    level: level('H1', 'engine/send/start-queue.test.ts', 'engine/send/sender-loop.test.ts'),
  },
  H2: {
    what: 'a process that was taken over goes on calling',
    file: 'src/engine/send/start-queue.ts',
    changes: [
      ['if (permission.holds !== this.holds ||', 'if (permission.holds !== this.holds && permission.node.isHeld() ||'],
      ['this.#ctx.db.failure !== undefined || !permission.node.isHeld()', 'this.#ctx.db.failure !== undefined'],
    ],
    level: level('H2', 'engine/send/start-queue.test.ts', 'engine/track/attempts.test.ts'),
  },
  H3: {
    what: 'a result that cannot be written is tried with all the others for ever',
    file: 'src/engine/send/record-alone.ts',
    changes: [
      [
        '      await ctx.db.write((tx) => record(tx, [asUnknown(one)]), { isBeside: true })\n',
        '      throw Object.assign(error as Error, { one: asUnknown(one) })\n',
      ],
    ],
    level: level('H3', 'engine/send/sender-loop.test.ts', 'engine/send/recover.test.ts'),
  },
  H4: {
    what: 'only the oldest page of doubts is ever asked about',
    file: 'src/engine/send/prove.ts',
    changes: [['after = page.length < PAGE ? 0 : (page.at(-1)?.id ?? 0)', 'after = 0']],
    level: level('H4', 'engine/send/proof-in-turn.test.ts'),
  },
  H5: {
    what: 'one that fails stops those after it',
    file: 'src/engine/duties/each-alone.ts',
    changes: [
      [
        '      if (signal?.aborted) return hasDone\n      await meetTrouble',
        '      throw error\n      await meetTrouble',
      ],
    ],
    level: level('H5', 'engine/duties/each-alone.test.ts'),
  },
  H6: {
    what: 'a reference of another life of the database is believed',
    file: 'src/domain/ids.ts',
    changes: [
      [
        'return installation === origin.installation && epoch === epochOf(origin, attemptId)',
        'return installation === origin.installation && epoch > 0 && attemptId > 0',
      ],
    ],
    level: level(
      'H6',
      'store/restore/restore-database.test.ts',
      'domain/incarnation.test.ts',
      'engine/service/held.test.ts',
    ),
  },
  H7: {
    what: 'a clock that was once ahead stays ahead',
    file: 'src/runtime/clock.ts',
    changes: [
      [
        'this.#offset = this.#offset - offset < WALL_STEP_MS ? Math.max(this.#offset, offset) : offset',
        'this.#offset = Math.max(this.#offset, offset)',
      ],
    ],
    level: level('H7', 'runtime/clock.test.ts'),
  },
  H8: {
    what: 'the policy for missed occurrences holds for a block only',
    file: 'src/domain/due-occurrences.ts',
    changes: [
      [
        'const newer = later.slice(0, CATCH_UP_ALL_MAX)',
        'const newer = later.slice(0, Math.max(0, OCCURRENCES_MAX - before.length - 1))',
      ],
    ],
    level: level('H8', 'domain/due-occurrences.test.ts', 'engine/plan/schedules.test.ts'),
  },
  H9: {
    what: 'a failure of an earlier attempt fails the message',
    file: 'src/domain/message-status.ts',
    changes: [
      [
        'const settled = isEnded(status) ? status : (arrived ?? statusBy(deciding))',
        "const settled = isEnded(status) ? status : (arrived ?? (attempts.some((one) => one.failedAt !== null) ? 'failed' : statusBy(deciding)))",
      ],
    ],
    level: level('H9', 'domain/message-status.test.ts', 'engine/track/attempts.test.ts'),
  },
  H10: {
    what: 'a new database is in its place before it is whole',
    file: 'src/store/create.ts',
    changes: [
      [
        '    fill(part, appVersion)\n    publishPart(part, path)\n',
        '    publishPart(part, path)\n    fill(path, appVersion)\n',
      ],
    ],
    level: level('H10', 'reliability/kill-while-creating.test.ts'),
  },
  H11: {
    what: 'a cancel is finished by nobody but the command that took it',
    file: 'src/engine/service/service.ts',
    changes: [['of [finishCancels, finishListRemovals,', 'of [finishListRemovals,']],
    level: level('H11', 'engine/service/orders.test.ts'),
  },
  H12: {
    what: 'an import whose process cannot be asked for waits for ever',
    file: 'src/engine/import/apply-import.ts',
    changes: [
      [
        'row.nodeId !== own && !(await isNodeOver(ctx, row.nodeId))',
        'row.nodeId !== own && !ctx.db.isNodeGone(row.nodeId)',
      ],
    ],
    level: level('H12', 'engine/service/orders.test.ts'),
  },
  H13: {
    what: 'undo takes out people whom another import names',
    file: 'src/store/import-undo.ts',
    changes: [['    if (heir === undefined) left.push', '    if (heir !== null) left.push']],
    level: level('H13', 'engine/import/again.test.ts'),
  },
  H14: {
    what: 'a call that never left is in doubt',
    file: 'src/providers/http-client.ts',
    changes: [
      ["kind: this.#controller === undefined ? 'not_sent' : 'unknown', code, text", "kind: 'unknown', code, text"],
    ],
    level: level('H14', 'providers/http-client.test.ts'),
  },
  H15: {
    what: 'starts are not counted where they happen',
    file: 'src/engine/send/start-queue.ts',
    changes: [['    this.#starts.add(monotonicUs)\n', '']],
    level: level('H15', 'engine/send/start-queue.test.ts'),
  },
  H16: {
    what: 'the window learns from 200 answers only',
    file: 'src/engine/send/latency.ts',
    changes: [
      [
        '    this.#untilRecomputed = Math.min(RECOMPUTED_EVERY, this.#answers.length)',
        '    if (this.#answers.length < ANSWERS_MAX) return\n    this.#untilRecomputed = RECOMPUTED_EVERY',
      ],
      ['return Math.max(this.#slowest, oldestCallMs)', 'return oldestCallMs < 0 ? oldestCallMs : this.#slowest'],
    ],
    level: level('H16', 'engine/send/latency.test.ts'),
  },
  H17: {
    what: 'a failed sync is taken for one that succeeded',
    file: 'src/store/durability.ts',
    changes: [['if (error === null) this.#prove', 'if (error !== undefined) this.#prove']],
    level: level('H17', 'store/sync-failure.test.ts', 'scenarios/disk-failure.test.ts'),
  },
  H18: {
    what: 'a changed limit does not reach a sender at work',
    file: 'src/engine/campaigns/claim-rules.ts',
    changes: [['if (text !== this.#limitsText) {', "if (this.#limitsText === undefined || text === 'never') {"]],
    level: level('H18', 'engine/campaigns/claim-rules.test.ts'),
  },
}

// The cases of the provider's faults, run: what is broken in each, by the independent checker and by what each fault must
// make of its message.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEADLINE_SECONDS, type HttpFault, httpFaults, senderFaults } from './http-faults.ts'
import { becomesTrue, type CallbackPlan, type FaultRule, sinkSecret, sinkToken } from './sink-process.ts'
import { brokenIn, campaign, type Policy, Stage, Template } from './stage.ts'

/** People whom no fault meets. */
const OTHERS = 10
const RATE = 100
const env = { HERALD_CALL_DEADLINE_SECONDS: String(DEADLINE_SECONDS) }
/** Since when a call must have been overdue before a policy may send it again, with some more. */
const QUARANTINE_US = 900_000_000

export interface CaseOptions {
  main?: string
}

function phonesOf({ dir }: { dir: string }): string[] {
  const lines = readFileSync(join(dir, 'people.csv'), 'utf8').trim().split(/\r?\n/)
  return lines.slice(1).map((line) => line.slice(0, line.indexOf(',')))
}

/** Every fault of a single call at once, under a delivery policy. Returns what is broken. */
export async function runHttpFaults(policy: Policy, { main }: CaseOptions = {}): Promise<string[]> {
  const faults = Object.entries(httpFaults)
  const people = faults.length + OTHERS
  using template = await Template.make({ people, ratePerSecond: RATE, policy, concurrency: 100, ...(main && { main }) })
  await using stage = await Stage.open(template, { env })
  const phones = phonesOf(stage)
  await stage.sink.follow(
    faults.map(([, { rule }], n): FaultRule => ({ times: 1, ...rule, match: { to: [phones[n] ?? ''] } })),
  )
  await stage.ask('run', campaign)
  const broken = wrongStatuses(stage, phones, ({ becomes }) => becomes)
  await sendAgainWhatMayBe(stage, policy)
  broken.push(...wrongStatuses(stage, phones, (fault) => finallyBecomes(fault, policy)))
  const asked = { rate: RATE, deadline: DEADLINE_SECONDS, unknownMax: faults.length }
  return [...broken, ...brokenIn(await stage.check(asked))]
}

function finallyBecomes({ becomes, isNeverResent }: HttpFault, policy: Policy): HttpFault['becomes'] {
  return policy === 'atLeastOnce' && becomes === 'unknown' && !isNeverResent ? 'accepted' : becomes
}

function wrongStatuses(stage: Stage, phones: string[], expected: (fault: HttpFault) => HttpFault['becomes']): string[] {
  const statuses = stage.values<string>(
    `SELECT c.phone || ' ' || m.status FROM messages m JOIN contacts c ON c.id = m.contact_id`,
  )
  const known = new Map(statuses.map((line) => line.split(' ') as [string, string]))
  const faults = Object.entries(httpFaults)
  return phones.flatMap((phone, n) => {
    const [name, fault] = faults[n] ?? ['no fault']
    const wanted = fault === undefined ? 'accepted' : expected(fault)
    const found = known.get(phone) ?? 'forgotten'
    return wanted.includes(found) ? [] : [`${name}: ${found} instead of ${wanted}`]
  })
}

/** The quarantine of every doubt is over, and a service looks after them. */
async function sendAgainWhatMayBe(stage: Stage, policy: Policy): Promise<void> {
  const unknown = `SELECT m.id FROM messages m WHERE m.status = 'unknown'`
  stage.change(`UPDATE attempts SET start_at_us = start_at_us - ${QUARANTINE_US} WHERE message_id IN (${unknown})`)
  const service = await stage.serve()
  const remaining = Object.values(httpFaults).filter((fault) => finallyBecomes(fault, policy) === 'unknown').length
  const open = `SELECT count(*) FROM messages WHERE status IN ('unknown', 'pending', 'sending')`
  // One of two that share an id is among the accepted.
  await becomesTrue(stage.dir, () => (stage.values<number>(open)[0] ?? 0) <= remaining + 1)
  await service.stop()
}

/** What meets all calls of a sender for a while. */
export async function runSenderFault(name: string, template: Template): Promise<string[]> {
  const fault = senderFaults[name]
  if (fault === undefined) throw new Error(`no fault is called ${name}`)
  await using stage = await Stage.open(template, { env })
  if (fault.rules === undefined) await sendToNobody(stage)
  else await stage.sink.follow(fault.rules)
  const broken: string[] = []
  if (fault.sender === 'paused') {
    await using run = stage.herald(['run', campaign])
    const isPaused = () => stage.values('SELECT status FROM senders')[0] === 'paused'
    await becomesTrue(stage.dir, () => run.isOver || isPaused())
    if (!isPaused()) broken.push(`${name}: the sender is not paused`)
    await run.stop()
    await stage.ask('senders', 'resume', 'main')
  }
  await stage.ask('run', campaign)
  const { figures, ...verdict } = await stage.check({ rate: template.options.ratePerSecond, unknownMax: 0 })
  if (figures.accepted !== figures.people) broken.push(`${name}: ${figures.accepted} of ${figures.people} accepted`)
  const counted = stage.values<number>('SELECT max(attempts) FROM messages')[0] ?? 0
  if (counted > 1) broken.push(`${name}: ${counted} attempts count for one message`)
  return [...broken, ...brokenIn({ figures, ...verdict }).map((sentence) => `${name}: ${sentence}`)]
}

async function sendToNobody(stage: Stage): Promise<void> {
  stage.change(`UPDATE senders SET base_url = 'http://127.0.0.1:${await stage.freePort()}'`)
  await using program = stage.herald(['run', campaign])
  const refused = `SELECT count(*) FROM attempts WHERE outcome = 'not_sent'`
  await becomesTrue(stage.dir, () => program.isOver || (stage.values<number>(refused)[0] ?? 0) > 0)
  await program.stop()
  stage.change(`UPDATE senders SET base_url = '${stage.sink.baseUrl}'`)
}

/** Callbacks in some order or disorder, while the campaign is sent; `rules` take the answers away. */
export async function runCallbacks(template: Template, plan: CallbackPlan, rules: FaultRule[] = []): Promise<string[]> {
  await using stage = await Stage.open(template, { env })
  const other = {
    name: 'other',
    provider: 'meta',
    baseUrl: stage.sink.baseUrl,
    credentials: { phoneNumberId: '1060000000000002', accessToken: sinkToken, appSecret: sinkSecret },
  }
  await stage.ask('senders', 'add', stage.write('other.json', other))
  const service = await stage.serve()
  const [url, otherUrl] = [await stage.callbackUrl(service.url), await stage.callbackUrl(service.url, 'other')]
  await stage.sink.callBack({ statuses: ['sent', 'delivered', 'read'], ...plan, url, otherUrl })
  await stage.sink.follow(rules)
  await stage.ask('campaigns', 'launch', campaign)
  const { people, ratePerSecond } = template.options
  await stage.sink.until(() => stage.sink.isQuietAfter(people))
  const isSettled = () =>
    stage.values(`SELECT 1 FROM webhook_events WHERE applied_at IS NULL AND tries = 0`).length === 0 &&
    stage.values(`SELECT 1 FROM runs WHERE status <> 'finished'`).length === 0
  await becomesTrue(stage.dir, isSettled)
  const code = await service.stop()
  const unknownMax = rules.length === 0 ? 0 : people
  const verdict = await stage.check({ rate: ratePerSecond, unknownMax, callbacks: true })
  return [...brokenIn(verdict), ...(code === 0 ? [] : [`the service ended with ${code}`])]
}

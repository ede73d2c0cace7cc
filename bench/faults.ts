// The fault bench: Herald killed, stopped, starved and lied to, and the independent checker's word on what is left.
//
//   npm run bench:faults -- [kill|start|random|postgres|provider|callbacks|resources]… [--points 20] [--rounds 10] [--kills 10]
//                           [--stops 10] [--long 0] [--crashes 2] [--cuts 4] [--seed 1] [--only send,import]
//
// `--only` names operations to be killed, or words of the names of resource cases.
// Without a name all of them. How far it has come is told on stderr. Ends with 1 when anything is broken.
import { parseArgs } from 'node:util'
import { callbackPlans, senderFaults } from '../test/reliability/faults/http-faults.ts'
import { killMatrix } from '../test/reliability/faults/kill-matrix.ts'
import { operations } from '../test/reliability/faults/operations.ts'
import { runCallbacks, runHttpFaults, runSenderFault } from '../test/reliability/faults/provider-cases.ts'
import { ServerPlace } from '../test/reliability/faults/server-place.ts'
import { Template } from '../test/reliability/faults/stage.ts'
import { seeded } from '../test/reliability/power-cut.ts'
import { hasServer } from '../test/support/postgres-programs.ts'
import { chaosRound } from './faults/chaos.ts'
import { Progress } from './faults/progress.ts'
import { runResourceFaults } from './faults/resource-cases.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    points: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '10' },
    kills: { type: 'string', default: '10' },
    stops: { type: 'string', default: '10' },
    long: { type: 'string', default: '0' },
    crashes: { type: 'string', default: '2' },
    cuts: { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
    people: { type: 'string', default: '1500' },
    only: { type: 'string' },
  },
})
type NumberName = 'points' | 'rounds' | 'kills' | 'stops' | 'long' | 'crashes' | 'cuts' | 'seed' | 'people'
const number = (name: NumberName) => Number(values[name])
const only = values.only?.split(',')
const progress = new Progress()
let failures = 0

function report(name: string, broken: readonly string[], figures = ''): void {
  progress.clear()
  if (broken.length > 0) failures++
  console.log(`${broken.length === 0 ? 'holds ' : 'BROKEN'} ${name}${figures === '' ? '' : `: ${figures}`}`)
  for (const sentence of broken) console.log(`         ${sentence}`)
}

async function kills(inARow: number): Promise<void> {
  for (const operation of only ?? Object.keys(operations)) {
    progress.now(`${operation}: its calls are listed`)
    let done = 0
    const outcomes = await killMatrix({
      points: number('points'),
      inARow,
      only: [operation],
      onOutcome: ({ point, broken }, of) => {
        done++
        progress.now(`${operation}: ${done} of ${of} points`)
        if (broken.length > 0) report(`${operation} killed at ${point.name} ${point.nth}`, broken)
      },
    })
    const killed = outcomes.filter(({ wasKilled }) => wasKilled).length
    const wrong = outcomes.filter(({ broken }) => broken.length > 0).length
    const broken = wrong === 0 ? [] : [`at ${wrong} points, see above`]
    report(`${operation}, ${inARow} kill(s) each`, broken, `${killed} of ${outcomes.length} points killed it`)
  }
}

/** With so many processes at most; on a server, which is disturbed too, with the same number in each round. */
async function chaos(processesMax: number, server?: ServerPlace): Promise<void> {
  using template = await Template.make({ people: number('people'), ratePerSecond: 60, concurrency: 16, server })
  const random = seeded(number('seed'))
  const sum = { kills: 0, stops: 0, messages: 0, unknown: 0 }
  for (let round = 0; round < number('rounds'); round++) {
    const processes = server === undefined ? 1 + (round % processesMax) : processesMax
    const asked = {
      crashes: number('crashes'),
      cuts: number('cuts'),
      processes,
      kills: number('kills'),
      stops: number('stops'),
      longStops: number('long'),
      random,
      onStep: (step: string) => progress.now(`round ${round + 1} of ${number('rounds')}: ${step}`),
    }
    const name = `round ${round + 1}, ${processes} process(es)`
    try {
      const { broken, verdict, ...done } = await chaosRound(template, asked)
      const { statuses, people } = verdict.figures
      sum.kills += done.kills
      sum.stops += done.stops
      sum.messages += people
      sum.unknown += statuses.unknown ?? 0
      report(name, broken, JSON.stringify({ ...done, statuses }))
    } catch (error) {
      report(name, [(error as Error).message])
    }
  }
  console.log(`       together ${JSON.stringify(sum)}`)
}

const levels: Record<string, () => Promise<void>> = {
  kill: () => kills(1),
  start: () => kills(5),
  random: () => chaos(6),
  postgres: async () => {
    if (!hasServer) return console.log('left out: no PostgreSQL server can be started here')
    await chaos(4, await ServerPlace.start())
  },
  provider: async () => {
    for (const policy of ['atMostOnce', 'reconcile', 'atLeastOnce'] as const)
      report(`every fault of a call, ${policy}`, await runHttpFaults(policy))
    using template = await Template.make({ people: 8, ratePerSecond: 50 })
    for (const name of Object.keys(senderFaults)) report(name, await runSenderFault(name, template))
  },
  callbacks: async () => {
    using template = await Template.make({ people: 60, ratePerSecond: 100 })
    for (const [name, plan] of Object.entries(callbackPlans))
      report(`callbacks ${name}`, await runCallbacks(template, plan))
    const lost = await runCallbacks(template, { permute: true }, [{ phase: 'after', action: { do: 'reset' } }])
    report('callbacks only, every answer lost', lost)
  },
  resources: () => runResourceFaults((name, broken, figures) => report(name, broken, figures), only),
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
for (const name of positionals.length > 0 ? positionals : Object.keys(levels)) {
  const level = levels[name]
  if (level === undefined) throw new Error(`"${name}" is none of ${Object.keys(levels).join(', ')}`)
  console.log(`\n${name}`)
  await level()
}
process.exitCode = failures === 0 ? 0 : 1

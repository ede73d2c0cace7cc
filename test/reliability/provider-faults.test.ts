// Every fault of a provider at every phase of a call, against real processes, an independent provider and an independent
// checker, under the default policy. `npm run bench:faults -- provider callbacks` runs all delivery policies, faults of whole
// senders and callbacks.
import { describe, expect, it } from 'vitest'
import { callbackPlans } from './faults/http-faults.ts'
import { noBench } from './faults/program.ts'
import { runCallbacks, runHttpFaults, runSenderFault } from './faults/provider-cases.ts'
import { Template } from './faults/stage.ts'

/** A case gives up by itself before. */
const PATIENCE = { timeout: 300_000 }

const title = (name: string) => (noBench ? `${name} (${noBench})` : name)

// They have processes and a provider of their own, and wait for deadlines most of the time: together.
describe.skipIf(noBench !== undefined).concurrent(title('a provider that fails'), PATIENCE, () => {
  it('is asked once, and only what it certainly did not take is sent again', async () => {
    expect(await runHttpFaults('atMostOnce')).toEqual([])
  })

  it('loses nobody when it refuses the token for a while', async () => {
    using template = await Template.make({ people: 8, ratePerSecond: 50 })
    expect(await runSenderFault('H-11 the token is refused', template)).toEqual([])
  })
})

describe.skipIf(noBench !== undefined).concurrent(title('callbacks'), PATIENCE, () => {
  const forged = callbackPlans['of other epochs, installations, recipients, accounts and attempts'] ?? {}

  it('of other epochs, recipients, accounts and attempts move nothing, in whatever order all come', async () => {
    using template = await Template.make({ people: 12, ratePerSecond: 50 })
    expect(await runCallbacks(template, { ...forged, repeat: 2 })).toEqual([])
  })
})

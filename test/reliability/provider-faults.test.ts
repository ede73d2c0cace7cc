// Every fault of a provider at every phase of a call, against real processes, an independent provider and an independent
// checker, under the default policy. `npm run bench:faults -- provider callbacks` runs all delivery policies, faults of whole
// senders and callbacks.
import { describe, expect, it } from 'vitest'
import { callbackPlans } from './faults/http-faults.ts'
import { noBench } from './faults/program.ts'
import { runCallbacks, runHttpFaults, runSenderFault } from './faults/provider-cases.ts'
import { Template } from './faults/stage.ts'

const title = (name: string) => (noBench ? `${name} (${noBench})` : name)

describe.skipIf(noBench !== undefined)(title('a provider that fails'), () => {
  it('is asked once, and only what it certainly did not take is sent again', async () => {
    expect(await runHttpFaults('atMostOnce')).toEqual([])
  })

  it('loses nobody when it refuses the token for a while', async () => {
    using template = await Template.make({ people: 8, ratePerSecond: 50 })
    expect(await runSenderFault('H-11 the token is refused', template)).toEqual([])
  })
})

describe.skipIf(noBench !== undefined)(title('callbacks'), () => {
  const forged = callbackPlans['of other epochs, installations, recipients, accounts and attempts'] ?? {}

  it('of other epochs, recipients, accounts and attempts move nothing, in whatever order all come', async () => {
    using template = await Template.make({ people: 12, ratePerSecond: 50 })
    expect(await runCallbacks(template, { ...forged, repeat: 2 })).toEqual([])
  })
})

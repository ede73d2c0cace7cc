// The pages of senders as a browser without scripts sees them.
import { describe, expect, it } from 'vitest'
import { serveApi } from '../support/api-client.ts'
import { visit } from '../support/visitor.ts'

describe('the form of a new sender', () => {
  it('asks whether it writes to groups where the provider has them, and nowhere else', async () => {
    const client = await serveApi()
    const visitor = await visit(client)
    expect((await visitor.get('/senders/new?provider=meta')).text).not.toContain('writes to groups')
    expect((await visitor.get('/senders/new?provider=sandbox')).text).toContain('writes to groups')
    const added = await visitor.post('/senders/new', { provider: 'sandbox', name: 'teams', groups: 'yes' })
    expect((await visitor.get(added.headers.get('location') ?? '')).text).toContain('people and groups')
    expect((await client.api('/senders/teams')).body.groups).toBe(true)
  })
})

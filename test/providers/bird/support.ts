// An account at the Bird stand-in, and callbacks signed by the recipe of Bird's page, written apart from both sides.
import { createHash, createHmac } from 'node:crypto'
import type { IncomingRequest } from '../../../src/providers/provider.ts'
import type { ProviderSpec } from '../connected.ts'

export const workspaceId = '5d4c3b2a-0000-4000-8000-000000000001'
export const channelId = '7a6b5c4d-0000-4000-8000-000000000002'
export const organizationId = '3c2b1a09-0000-4000-8000-000000000005'
export const channelPath = `/workspaces/${workspaceId}/channels/${channelId}`
export const signingKey = 'bird-test-signing-key'

export const bird: ProviderSpec = {
  name: 'bird',
  settings: { workspaceId, channelId, accessKey: 'bird-test-access-key', signingKey },
  emulator: { bird: { accessKey: 'bird-test-access-key' } },
  signingSecret: signingKey,
  errors: { account: 'Unauthorized' },
  failureCode: '131026',
}

export interface SignedRequest {
  url: string
  body: string | Buffer
  timestamp?: string
}

export function signatureOf({ url, body, timestamp = '1767225600' }: SignedRequest): string {
  const hash = createHash('sha256').update(body).digest()
  const signed = Buffer.concat([Buffer.from(timestamp), Buffer.from('\n'), Buffer.from(url), Buffer.from('\n'), hash])
  return createHmac('sha256', signingKey).update(signed).digest('base64')
}

/** The request as it would come with this signature. */
export function incoming(request: SignedRequest, signature: string): IncomingRequest {
  const headers: Record<string, string> = {
    'messagebird-signature': signature,
    'messagebird-request-timestamp': request.timestamp ?? '1767225600',
  }
  return { url: request.url, body: Buffer.from(request.body), header: (name) => headers[name.toLowerCase()] }
}

// Callers by their address, as the service knows them.
import type { Client } from '../../src/domain/guess-brake.ts'
import { clientOf } from '../../src/http/client-address.ts'

/** Somebody who connects from an address, without a proxy. */
export function clientAt(remoteAddress: string): Client {
  return clientOf({ headers: {}, socket: { remoteAddress } }, { trustedHops: 0, trustsProxy: false })
}

// Every provider by its name.
import { AppError, nearestWord } from '../domain/errors.ts'
import { metaProvider } from './meta/driver.ts'
import { type Provider, type ProviderName, providerNames } from './provider.ts'
import { sandboxProvider } from './sandbox/driver.ts'

const providers: Record<ProviderName, Provider> = {
  meta: metaProvider as Provider,
  sandbox: sandboxProvider as Provider,
}

export function getProvider(name: string): Provider {
  if (Object.hasOwn(providers, name)) return providers[name as ProviderName]
  const nearest = nearestWord(name, providerNames)
  throw new AppError('sender.invalid', `there is no provider "${name.slice(0, 40)}"`, {
    hint: nearest === undefined ? `Providers: ${providerNames.join(', ')}.` : `Did you mean "${nearest}"?`,
  })
}

export function listProviders(): Provider[] {
  return providerNames.map((name) => providers[name])
}

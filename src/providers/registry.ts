// Every provider by its name.
import type { Content } from '../domain/content.ts'
import { AppError, nearestHint } from '../domain/errors.ts'
import { birdProvider } from './bird/driver.ts'
import { metaProvider } from './meta/driver.ts'
import { oneMsgProvider } from './onemsg/driver.ts'
import { type Capabilities, type Provider, type ProviderName, providerNames } from './provider.ts'
import { routeeProvider } from './routee/driver.ts'
import { sandboxProvider } from './sandbox/driver.ts'
import { zixflowProvider } from './zixflow/driver.ts'

const providers: Record<ProviderName, Provider> = {
  meta: metaProvider as Provider,
  bird: birdProvider as Provider,
  onemsg: oneMsgProvider as Provider,
  routee: routeeProvider as Provider,
  zixflow: zixflowProvider as Provider,
  sandbox: sandboxProvider as Provider,
}

/** The provider; with the settings of an account as that account sees it. */
export function getProvider(name: string, settings: Readonly<Record<string, unknown>> = {}): Provider {
  if (Object.hasOwn(providers, name)) {
    const provider = providers[name as ProviderName]
    return provider.variantFor?.(settings) ?? provider
  }
  throw new AppError('sender.invalid', `there is no provider "${name.slice(0, 40)}"`, {
    hint: nearestHint(name, providerNames, `Providers: ${providerNames.join(', ')}.`),
  })
}

export function listProviders(): Provider[] {
  return providerNames.map((name) => providers[name])
}

/** Throws AppError content.not_supported for content that a provider does not have, naming those that do. */
export function checkContent(provider: Provider, content: Content): void {
  const { capabilities, title } = provider
  if (!capabilities.content.includes(content.type))
    throw notSupported(`${title} has no content of type ${content.type}`, (other) =>
      other.content.includes(content.type),
    )
  if ('replyTo' in content && content.replyTo !== undefined && !capabilities.hasReplyTo)
    throw notSupported(`${title} cannot quote a message (\`replyTo\`)`, (other) => other.hasReplyTo)
  if (content.trackLinks === true && !capabilities.hasLinkTracking)
    throw notSupported(`${title} cannot track links (\`trackLinks\`)`, (other) => other.hasLinkTracking)
  const [problem] = provider.contentProblems(content)
  if (problem !== undefined)
    throw new AppError('content.not_supported', `${title}: ${problem}`, {
      hint: `docs/providers/${provider.name}.md lists what ${title} takes.`,
    })
}

function notSupported(message: string, has: (capabilities: Capabilities) => boolean): AppError {
  const others = listProviders().flatMap((provider) => {
    if (provider.name === 'sandbox') return []
    return [provider, ...(provider.variants ?? [])].find(({ capabilities }) => has(capabilities)) ?? []
  })
  const names = others.map(({ title }) => title).join(', ')
  return new AppError('content.not_supported', message, {
    hint: names === '' ? 'No provider has it.' : `These have it: ${names}.`,
  })
}

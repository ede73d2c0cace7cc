// Forms that a strict reading of a provider's page takes, and forms that it does not take: a part of the suite that every
// driver passes.
import { expect, it } from 'vitest'
import { type Content, contentSchema, type TemplateContent } from '../../src/domain/content.ts'
import { checkContent, getProvider } from '../../src/providers/registry.ts'
import { connect, outgoing, sendsOf, type WholeSpec } from './connected.ts'
import { plainContents } from './contents.ts'

/** `contents`: whatever the suite sends of this provider. */
export function describeForms(spec: WholeSpec, contents: readonly Content[]): void {
  const provider = getProvider(spec.name, spec.settings)
  const withAddress = contents.flatMap((content, index) => {
    const hostile = withHostileAddresses(content)
    const isSame = JSON.stringify(hostile) === JSON.stringify(content)
    return isSame ? [] : [[content.type, index + 1, hostile] as const]
  })

  it.each(withAddress)('V7: writes every address of %s (%i) in percent-encoded ASCII', async (_, __, content) => {
    contentSchema.parse(content)
    checkContent(provider, content)
    const { driver, emulator } = await connect(spec)
    const result = await driver.send(outgoing({ content }))
    expect(result, JSON.stringify(result)).toMatchObject({ kind: 'accepted' })
    const written = addressesIn(JSON.parse(sendsOf(emulator)[0]?.body ?? ''))
    expect(written.length).toBeGreaterThan(0)
    for (const address of written) expect(address).toMatch(/^https?:\/\/(?:[\w.~:/?#@!$&'()*+,;=-]|%[\dA-F]{2})+$/)
  })

  it('I11: writes the end of the address of a button percent-encoded, once', async () => {
    const { driver, emulator } = await connect(spec)
    const content = withLinkValue(contents.find(isTemplate) ?? plainContents.template, ' red %20 größe 1%/|"x" ')
    expect(await driver.send(outgoing({ content }))).toMatchObject({ kind: 'accepted' })
    expect(sendsOf(emulator)[0]?.body).toContain('"red%20%20%20gr%C3%B6%C3%9Fe%201%25/%7C%22x%22"')
  })

  it('V10: counts characters, not units of memory', async () => {
    const content: Content = { type: 'text', text: '🎉'.repeat(2_100) }
    contentSchema.parse(content)
    checkContent(provider, content)
    const { driver } = await connect(spec)
    expect(await driver.send(outgoing({ content }))).toMatchObject({ kind: 'accepted' })
  })

  it.each(spec.wrongForms.map((content) => [JSON.stringify(content).slice(0, 120), content] as const))(
    'V8, V9, V10: refuses %s when a campaign is saved, and calls nobody with it',
    async (_, content) => {
      expect(() => checkContent(provider, content)).toThrow(expect.objectContaining({ code: 'content.not_supported' }))
      const { driver, emulator } = await connect(spec)
      expect(await driver.send(outgoing({ content }))).toMatchObject({ kind: 'not_started', skip: 'missing_variable' })
      expect(sendsOf(emulator)).toEqual([])
    },
  )
}

/** The same content with addresses as people copy them. */
function withHostileAddresses(content: Content): Content {
  const text = JSON.stringify(content, (key, value) =>
    key === 'url' && typeof value === 'string' && value.startsWith('https://')
      ? value.replace(/\/(?=[^/]*$)/, '/größe 1% "neu"|[über]/')
      : value,
  )
  return JSON.parse(text) as Content
}

const isTemplate = (content: Content): content is TemplateContent => content.type === 'template'

/** Where the values of a template have names, its links have them too. */
function withLinkValue(content: TemplateContent, value: string): Content {
  const isNamed = content.body !== undefined && !Array.isArray(content.body)
  return isNamed
    ? { ...content, body: { ...content.body, url: value } }
    : { ...content, buttons: [{ index: 0, type: 'url', value }] }
}

function addressesIn(value: unknown): string[] {
  if (typeof value === 'string') return /^https?:/.test(value) ? [value] : []
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(addressesIn) : []
}

// The fields of a form as a browser without scripts would send them, read out of the page.

/** Pairs of name and value of the form with this id. */
export function formFields(page: string, id: string): [string, string][] {
  const form = page.split(` id="${id}"`)[1]?.split('</form>')[0] ?? ''
  const controls = form.matchAll(
    /<input([^>]*)>|<textarea([^>]*)>([\s\S]*?)<\/textarea>|<select([^>]*)>([\s\S]*?)<\/select>/g,
  )
  return [...controls].flatMap(([, input, area, text = '', select, options = '']): [string, string][] => {
    const attributes = input ?? area ?? select ?? ''
    const name = attributeOf(attributes, 'name')
    if (name === undefined) return []
    if (area !== undefined) return [[name, textOf(text.replace(/^\n/, ''))]]
    if (select !== undefined) return [[name, chosenOf(options)]]
    const isLeftOut =
      /^(?:checkbox|radio)$/.test(attributeOf(attributes, 'type') ?? '') && !/\schecked(?:=|\s|$)/.test(attributes)
    return isLeftOut ? [] : [[name, attributeOf(attributes, 'value') ?? '']]
  })
}

function chosenOf(options: string): string {
  const all = [...options.matchAll(/<option([^>]*)>/g)].map(([, attributes = '']) => attributes)
  const chosen = all.find((attributes) => /\sselected(?:=|\s|$)/.test(attributes)) ?? all[0] ?? ''
  return attributeOf(chosen, 'value') ?? ''
}

function attributeOf(attributes: string, name: string): string | undefined {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(attributes)?.[1]
  return value === undefined ? undefined : textOf(value)
}

function textOf(html: string): string {
  const signs: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
  return html.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => signs[name] ?? '')
}

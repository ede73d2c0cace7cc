// A name as a part of a file's name: what every system and every shell takes.

const LENGTH_MAX = 60

/** Letters of Latin scripts without their marks, digits and hyphens; `campaign` where nothing is left. */
export function slugOf(name: string): string {
  const plain = name.replaceAll('ß', 'ss').normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  const words = plain.split(/[^a-z0-9]+/).filter(Boolean)
  return words.join('-').slice(0, LENGTH_MAX) || 'campaign'
}

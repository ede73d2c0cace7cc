// One item of a provider's page: where the code speaks it, or why it does not.

export interface Row {
  /** In our words. */
  item: string
  /** `METHOD path` of a call, with * for ids. */
  call?: string
  /** Names of fields as they are written in requests. */
  keys?: readonly string[]
  /** `file:text` below src/providers, or below src with a leading slash: the text stands in the file. */
  at?: string
  /** Why it is not spoken. */
  not?: string
}

export interface Page {
  title: string
  /** Which of the provider's pages these rows are of. */
  source: string
  parts: Readonly<Record<string, readonly Row[]>>
}

export const mediaSize =
  'Herald does not fetch files: the provider refuses one that is too large, and its error names the size (131052, 131053)'

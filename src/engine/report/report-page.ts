// A report as a page that stands alone: without scripts and without anything from elsewhere, made as it is read.
import type { ReportTable } from './report-rows.ts'

const style =
  'body{font:15px system-ui,sans-serif;margin:2rem}table{border-collapse:collapse}th,td{padding:.3rem .6rem;text-align:right;border-bottom:1px solid #ccc}th:nth-child(-n+3),td:nth-child(-n+3){text-align:left}'

/** Pieces of HTML. */
export async function* reportPage({ campaign, header, lines }: ReportTable): AsyncGenerator<string> {
  const title = escapeHtml(campaign.name)
  const heads = header.map((name) => `<th scope="col">${name}</th>`)
  yield `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Report: ${title}</title>
<style>${style}</style>
</head><body><h1>${title}</h1><p>${escapeHtml(campaign.id)}, ${escapeHtml(campaign.status)}</p>
<table><thead><tr>${heads.join('')}</tr></thead><tbody>
`
  for await (const slice of lines) yield slice.map(rowOf).join('')
  yield '</tbody></table></body></html>\n'
}

function rowOf(cells: readonly (string | number | null)[]): string {
  return `<tr>${cells.map((cell) => `<td>${escapeHtml(String(cell ?? ''))}</td>`).join('')}</tr>\n`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}

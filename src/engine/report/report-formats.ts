// A report as CSV and as a page that stands alone.
import { messageStatuses } from '../../domain/message-status.ts'
import { csvLine } from '../../runtime/csv-file.ts'
import type { Report } from './report.ts'

/** One line per run, one column per status. */
export function reportCsv(report: Report): string {
  const header = csvLine(['run', 'occurrence', 'status', 'audience', ...messageStatuses])
  const lines = report.runs.map((run) =>
    csvLine([
      run.run,
      run.occurrence,
      run.status,
      run.audience,
      ...messageStatuses.map((status) => run.byStatus[status]),
    ]),
  )
  return [header, ...lines].join('')
}

/** A page without scripts and without anything from elsewhere. */
export function reportHtml(report: Report): string {
  const rows = report.runs.map((run) => {
    const cells = [
      run.run,
      run.occurrence,
      run.status,
      run.audience,
      ...messageStatuses.map((status) => run.byStatus[status]),
    ]
    return `<tr>${cells.map((cell) => `<td>${escapeHtml(String(cell))}</td>`).join('')}</tr>`
  })
  const heads = ['run', 'occurrence', 'status', 'audience', ...messageStatuses].map(
    (name) => `<th scope="col">${name}</th>`,
  )
  const title = escapeHtml(report.campaign.name)
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Report: ${title}</title>
<style>body{font:15px system-ui,sans-serif;margin:2rem}table{border-collapse:collapse}th,td{padding:.3rem .6rem;text-align:right;border-bottom:1px solid #ccc}th:nth-child(-n+3),td:nth-child(-n+3){text-align:left}</style>
</head><body><h1>${title}</h1><p>${escapeHtml(report.campaign.id)}, ${escapeHtml(report.campaign.status)}</p>
<table><thead><tr>${heads.join('')}</tr></thead><tbody>
${rows.join('\n')}
</tbody></table></body></html>
`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}

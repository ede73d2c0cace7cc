// Which paths a route takes, for the answer that names the right method.

/** Whether a path fits the form of a route, `/lists/{list}/export` or `/lists/:list/export`: a parameter is a whole part. */
export function fitsPathForm(form: string, path: string): boolean {
  const parts = path.split('/')
  const wanted = form.split('/')
  return (
    parts.length === wanted.length &&
    wanted.every((want, index) => (/^[:{]/.test(want) ? parts[index] !== '' : parts[index] === want))
  )
}

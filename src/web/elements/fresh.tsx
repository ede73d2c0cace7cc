// A part of a page that stays true while it is open: app.js takes it anew from the server every few seconds.
import type { Child } from 'hono/jsx'

interface FreshProps {
  id: string
  /** Address of the page that it is a part of. */
  from: string
  /** Instead of the few seconds of app.js. */
  everyMs?: number
  class?: string
  children?: Child
}

export function Fresh({ id, from, everyMs, children, ...rest }: FreshProps) {
  return (
    <div id={id} data-fresh={from} data-every-ms={everyMs} {...rest}>
      {children}
    </div>
  )
}

/** The same by hand. It stands beside the parts: a script reads a page as one without scripts. */
export function FreshLink({ from }: { from: string }) {
  return (
    <noscript>
      <p>
        <a href={from}>Load the newest numbers</a>
      </p>
    </noscript>
  )
}

// What bench/pages.ts measures: every page and every GET of the API that the program lists, and every command that reads, at the
// places of the large database (crowd.ts) where there is most. What is in neither list is named by test/http/measured-pages.test.ts.

const API_PATH = '/api/v1'

interface Operation {
  parameters?: { name: string; in: string }[]
}

/** What the program lists of itself. */
export interface Listed {
  document: { paths: Record<string, Record<string, Operation>> }
  pages: { method: string; path: string }[]
}

/** What the database has only once a bench has begun. */
export interface Made {
  /** A message without an answer. */
  message: string
  /** A file of the user who asks. */
  upload: string
}

export interface Measured {
  /** As the program lists it, with `{name}` in the places of parameters. */
  route: string
  face: 'api' | 'page'
  path: string
}

/** cmp_2 has years of runs, cmp_4 a run with half of all messages, cmp_3 is at work and cmp_7 a draft; lst_1 has everybody. */
const campaigns = ['cmp_2', 'cmp_4', 'cmp_7']
const places: Record<string, readonly string[]> = {
  campaign: campaigns,
  id: campaigns,
  list: ['lst_1', 'lst_2'],
  sender: ['snd_1'],
  contact: ['con_5'],
  import: ['imp_1'],
  user: ['ada'],
  key: ['key_1'],
  cap: ['daily'],
  job: ['none'],
  token: ['none'],
}
/** Of routes in which a parameter names something else. */
const placesOf: Record<string, readonly string[]> = {
  '/assets/{name}': ['style.css'],
  '/senders/{name}': ['snd_1'],
  '/senders/{name}/account': ['snd_1'],
  '/senders/{name}/pause': ['snd_1'],
  '/senders/{name}/resume': ['snd_1'],
  '/senders/{name}/webhook': ['snd_1'],
}

const phone = encodeURIComponent('+447400000005')
/** Asked for besides, or where a route without them answers little. */
const queries: Record<string, readonly string[]> = {
  '/campaigns': ['', '?q=4999', '?q=none', '?status=finished', '?sort=name', '?tag=none'],
  '/campaigns/{id}/people': ['', '?status=delivered', '?status=failed&reason=none'],
  '/campaigns/{id}/why': [`?phone=${phone}`],
  '/contacts': ['', `?search=${phone}`, '?search=zzz', '?search=00005'],
  '/lists/{list}': ['', '?search=zzz', '?search=44740'],
  '/replies': ['', '?reading=opt_out'],
  '/suppressions': ['', '?phone=44740', '?scope=all'],
  '/suppressions/lift': [`?phone=${phone}&scope=marketing`],
  '/templates/delete': ['?sender=snd_1&name=offer_01'],
  '/unknown': ['', '?campaign=cmp_2'],
  '/unknown/settle': ['?as=accepted', '?as=accepted&campaign=cmp_2'],
  [`${API_PATH}/contacts`]: ['', '?search=00005'],
  [`${API_PATH}/campaigns`]: ['', '?limit=1000', '?q=4999'],
  [`${API_PATH}/campaigns/{campaign}/why`]: [`?phone=${phone}`],
  [`${API_PATH}/unknown/summary`]: ['', '?campaign=cmp_2', '?sender=snd_1'],
}

/** Not measured, and why. */
const unmeasured: Record<string, string> = {
  [`${API_PATH}/campaigns/{campaign}/live`]: 'a stream without an end',
  [`${API_PATH}/imports/jobs/{job}/events`]: 'a stream without an end',
  [`${API_PATH}/campaigns/{campaign}/export`]: 'a file as long as what it is of, written in turns',
  [`${API_PATH}/contacts/export`]: 'a file as long as what it is of, written in turns',
  [`${API_PATH}/lists/{list}/export`]: 'a file as long as what it is of, written in turns',
  [`${API_PATH}/suppressions/export`]: 'a file as long as what it is of, written in turns',
  '/campaigns/{id}/export': 'a file as long as what it is of, written in turns',
  [`${API_PATH}/campaigns/{campaign}/verify`]: 'counts every message, in a thread of its own',
  [`${API_PATH}/verify`]: 'counts every message, in a thread of its own',
  [`${API_PATH}/doctor`]: 'counts every message, in a thread of its own',
}

/** Every page and every GET of the API, but for those that are not measured. */
export function measuredPages({ document, pages }: Listed, made: Made): Measured[] {
  const ofApi = Object.entries(document.paths).flatMap(([path, { get }]) =>
    get === undefined ? [] : [{ face: 'api' as const, route: `${API_PATH}${path}`, get }],
  )
  const ofPages = pages.flatMap(({ method, path }) =>
    method === 'GET' ? [{ face: 'page' as const, route: path.replace(/:(\w+)(?:\{[^}]*\})?/g, '{$1}') }] : [],
  )
  const found = [
    ...ofPages.flatMap(({ face, route }) => asked(route, made, ['']).map((path) => ({ face, route, path }))),
    ...ofApi.flatMap(({ face, route, get }) => {
      // The longest page that a list has.
      const isPaged = get.parameters?.some(({ name }) => name === 'limit') ?? false
      return asked(route, made, isPaged ? ['', '?limit=1000'] : ['']).map((path) => ({ face, route, path }))
    }),
  ]
  return found.filter(({ route }) => unmeasured[route] === undefined)
}

/** A path for each place and query of a route. */
function asked(route: string, made: Made, plain: readonly string[]): string[] {
  const [, parameter] = /\{(\w+)\}/.exec(route) ?? []
  const values = parameter === undefined ? [''] : (placesOf[route] ?? valuesOf(parameter, made))
  const paths = values.map((value) => route.replace(/\{\w+\}/, encodeURIComponent(value)))
  return paths.flatMap((path) => (queries[route] ?? plain).map((query) => `${path}${query}`))
}

function valuesOf(parameter: string, made: Made): readonly string[] {
  if (parameter === 'message' || parameter === 'upload') return [made[parameter]]
  const values = places[parameter]
  if (values === undefined) throw new Error(`no place of the large database is known for {${parameter}}`)
  return values
}

/** Routes that are left out on purpose. */
export function leftOutRoutes(): string[] {
  return Object.keys(unmeasured)
}

/** Commands that read, with their arguments. */
export const measuredCommands: Record<string, readonly string[][]> = {
  'campaigns list': [[], ['--json']],
  'campaigns show': [['cmp_4']],
  'contacts show': [['+447400000005']],
  'contacts list': [[], ['--search', '00005']],
  forecast: [['cmp_7']],
  'imports list': [[]],
  'imports show': [['imp_1']],
  'keys list': [[]],
  'limits show': [[]],
  'lists list': [[]],
  'lists show': [['lst_1']],
  needs: [[]],
  'replies list': [[]],
  'replies rules show': [[]],
  report: [['cmp_2'], ['cmp_4']],
  'schedule preview': [['0 9 * * MON']],
  schema: [['campaign']],
  'senders list': [[]],
  'senders show': [['snd_1']],
  'suppress list': [[]],
  'templates list': [[]],
  'unknown list': [[]],
  'users list': [[]],
  why: [['cmp_4', '+447400000005']],
}

/** Not measured, by the reason. */
export const unmeasuredCommands: Record<string, readonly string[]> = {
  'goes through everything, and shows how far it is': [
    'backup',
    'contacts export',
    'doctor',
    'export',
    'import',
    'migrate',
    'restore',
    'suppress export',
    'suppress import',
    'verify',
  ],
  'runs until it is stopped, or sends': ['campaigns test', 'demo', 'emulator', 'run', 'start'],
  'asks a provider': [
    'senders check',
    'senders upload',
    'senders webhook clear',
    'senders webhook set',
    'templates create',
    'templates delete',
    'templates sync',
  ],
  'changes what is kept': [
    'campaigns add',
    'campaigns archive',
    'campaigns cancel',
    'campaigns clone',
    'campaigns edit',
    'campaigns launch',
    'campaigns pause',
    'campaigns resume',
    'contacts add',
    'contacts edit',
    'contacts erase',
    'imports undo',
    'keys add',
    'keys revoke',
    'limits cap',
    'limits set quiet-hours',
    'lists delete',
    'replies rules set',
    'replies settle',
    'senders add',
    'senders pause',
    'senders resume',
    'senders set',
    'senders webhook rotate',
    'suppress add',
    'suppress remove',
    'unknown resolve',
    'unlock',
    'users add',
    'users disable',
    'users enable',
    'users reset',
    'users set',
  ],
  'needs no database': ['samples'],
}

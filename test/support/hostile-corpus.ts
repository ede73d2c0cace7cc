// Texts that want to be markup or code: what others were attacked with, in every context that a page could put them.
// Each calls `canary()` where a browser would run it.

/** Ways to make a browser run something. */
const families = [
  '<script>canary()</script>',
  '<ScRiPt >canary()</sCrIpT >',
  '<script src=data:text/javascript,canary()></script>',
  '<script type=module>canary()</script>',
  '<img src=x onerror=canary()>',
  '<img/src="x"/onerror="canary()">',
  '<IMG SRC=x OnErRoR\n=\ncanary()>',
  '<img src=x onerror=&#99;anary()>',
  '<image src=x onerror=canary()>',
  '<svg onload=canary()>',
  '<svg/onload=canary()//',
  '<svg><script>canary()</script></svg>',
  '<svg><animate onbegin=canary() attributeName=x dur=1s>',
  '<svg><a xlink:href="javascript:canary()"><text y=9>x</text></a></svg>',
  '<svg><foreignObject><img src=x onerror=canary()></foreignObject></svg>',
  '<math><mtext><img src=x onerror=canary()></mtext></math>',
  '<body onload=canary()>',
  '<iframe srcdoc="<script>parent.canary()</script>"></iframe>',
  '<iframe src="javascript:parent.canary()"></iframe>',
  '<object data="javascript:parent.canary()"></object>',
  '<embed src="javascript:parent.canary()">',
  '<details open ontoggle=canary()>x',
  '<input autofocus onfocus=canary()>',
  '<select autofocus onfocus=canary()></select>',
  '<textarea autofocus onfocus=canary()></textarea>',
  '<video src=x onerror=canary()></video>',
  '<audio src=x onerror=canary()></audio>',
  '<video><source onerror=canary()></video>',
  '<marquee onstart=canary()>x</marquee>',
  '<style onload=canary()></style>',
  '<link rel=stylesheet href=x onerror=canary()>',
  '<div style="animation:x" onanimationstart=canary()><style>@keyframes x{}</style>',
  '<meta http-equiv=refresh content="0;url=javascript:canary()">',
  '<base href="javascript:canary()//">',
  '<template shadowrootmode=open><img src=x onerror=canary()></template>',
  '<form><button formaction="javascript:canary()" autofocus onfocus=canary()>x</button></form>',
  '<a href="javascript:canary()" autofocus onfocus=canary() tabindex=1>x</a>',
  '<x contenteditable autofocus onfocus=canary()>x',
  '<noscript><p title="</noscript><img src=x onerror=canary()>">',
  '<div hx-on:load="canary()" hx-get="/x" hx-trigger="load" hx-on::load="canary()">x</div>',
  '<div hx-vals="js:{a:canary()}" hx-post="/x" hx-trigger="load">x</div>',
]

/** What stands before and behind a text on a page: the end of it is part of the text. */
const contexts: [before: string, after: string][] = [
  ['', ''],
  ['">', ''],
  ["'>", ''],
  ['" autofocus onfocus=canary() x="', ''],
  ["' autofocus onfocus=canary() x='", ''],
  ['</title>', ''],
  ['</textarea>', ''],
  ['</script>', ''],
  ['</option></select>', '<select><option>'],
  ['</bdi></td></tr></table>', '<!--'],
  ['--><!-- -->', ''],
  [']]>', ''],
]

/** Code for engines that are not there, links, and bytes that browsers once read as something else. */
const alone = [
  '{{constructor.constructor("canary()")()}}',
  '{{ "canary()" | eval }}',
  '{% raw %}<script>canary()</script>{% endraw %}',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a text of somebody else's engine
  '${canary()}',
  '#{canary()}',
  '<%= canary() %>',
  '*<img src=x onerror=canary()>*',
  '```<script>canary()</script>```',
  '_~*<svg onload=canary()>*~_',
  'javascript:canary()',
  'JaVaScRiPt:canary()',
  'java\tscript:canary()',
  ' javascript:canary()',
  'data:text/html,<script>canary()</script>',
  'vbscript:canary()',
  'https://x.example/"onmouseover=canary()//',
  "https://x.example/'><img src=x onerror=canary()>",
  'https://x.example/<script>canary()</script>',
  '+ADw-script+AD4-canary()+ADw-/script+AD4-',
  '\\u003cscript\\u003ecanary()\\u003c/script\\u003e',
  '&lt;script&gt;canary()&lt;/script&gt;',
  '&#60;img src=x onerror=canary()&#62;',
  '%3Cscript%3Ecanary()%3C/script%3E',
  '\u202e<script>canary()</script>\u202c',
  '＜script＞canary()＜/script＞',
  '<scr<script>ipt>canary()</scr</script>ipt>',
  '<<script>canary()//<</script>',
  '"}]};canary();//',
  "';canary();//",
  '\u2028canary()\u2029',
]

/** Some hundreds of texts, none longer than a name may be. */
export const hostileCorpus: string[] = [
  ...families.flatMap((family) => contexts.map(([before, after]) => `${before}${family}${after}`)),
  ...alone,
].filter((text) => text.length <= 190)

/** Every n-th of them, from each family in another context. */
export function someHostile(count: number): string[] {
  const step = hostileCorpus.length / count
  return Array.from({ length: count }, (_, n) => hostileCorpus[Math.floor(n * step)] ?? '')
}

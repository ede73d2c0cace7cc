import { plantedBugs } from './test/reliability/simulation/plants.ts'
import { play } from './test/reliability/simulation/play.ts'
import { scenarioOf } from './test/reliability/simulation/scenario.ts'
import { shrink, reportOf } from './test/reliability/simulation/shrink.ts'
for (const bug of plantedBugs.slice(Number(process.argv[2]), Number(process.argv[3]))) {
  const before = (bug.replaced ?? []).map(({of, name}) => (of as any)[name])
  for (const { of, name, by } of bug.replaced ?? []) (of as any)[name] = by
  let n = 0
  for (let seed = 1; seed < 150 && n < 2; seed++) {
    const sc = scenarioOf(seed)
    const o = await play(sc, bug)
    if (o.failure) { n++; console.log(bug.name, seed, o.failure.what, sc.steps.length) 
    }
  }
  ;(bug.replaced ?? []).forEach(({of, name}, i) => { (of as any)[name] = before[i] })
}

/** Layers of a directed graph that may have cycles: every edge but those that lead back goes to a higher layer. */

export interface Layers {
  readonly layer: readonly number[];
  /** Positions of the arcs that lead back within a cycle; `layer` does not heed them. */
  readonly back: ReadonlySet<number>;
}

export type Arc = readonly [from: number, to: number];

/**
 * Return the layers of `count` nodes by longest path.
 *
 * Cycles are found as strongly connected parts, and broken by a depth-first walk in the order of the nodes; only arcs
 * inside such a part can lead back. A node into which nothing flows stands right before the first that needs it.
 */
export function layersOf(count: number, arcs: readonly Arc[]): Layers {
  const part = parts(count, arcs);
  const back = backArcs(count, arcs, part);
  const forward = arcs.filter(([from, to], at) => from !== to && !back.has(at));
  const order = topological(count, forward);
  const layer = new Array<number>(count).fill(0);
  const next = neighbours(count, forward);
  for (const node of order) for (const to of next[node] ?? []) layer[to] = Math.max(layer[to] ?? 0, (layer[node] ?? 0) + 1);
  const entered = new Set(forward.map(([, to]) => to));
  for (const node of order.toReversed()) {
    const after = next[node] ?? [];
    if (!entered.has(node) && after.length > 0) layer[node] = Math.min(...after.map((to) => layer[to] ?? 0)) - 1;
  }
  return { layer, back };
}

function neighbours(count: number, arcs: readonly Arc[]): number[][] {
  const next: number[][] = Array.from({ length: count }, () => []);
  for (const [from, to] of arcs) next[from]?.push(to);
  return next;
}

/** Number the strongly connected parts (Tarjan, without recursion: chains may be long). */
function parts(count: number, arcs: readonly Arc[]): number[] {
  const next = neighbours(count, arcs);
  const index = new Array<number>(count).fill(-1);
  const low = new Array<number>(count).fill(0);
  const part = new Array<number>(count).fill(-1);
  const open: number[] = [];
  let counter = 0;
  let found = 0;
  for (let root = 0; root < count; root++) {
    if (index[root] !== -1) continue;
    const calls: [node: number, child: number][] = [[root, 0]];
    while (calls.length > 0) {
      const call = calls[calls.length - 1] as [number, number];
      const node = call[0];
      if (call[1] === 0) {
        index[node] = low[node] = counter++;
        open.push(node);
      }
      const child = next[node]?.[call[1]++];
      if (child !== undefined) {
        if (index[child] === -1) calls.push([child, 0]);
        else if (part[child] === -1) low[node] = Math.min(low[node] ?? 0, index[child] ?? 0);
        continue;
      }
      calls.pop();
      const above = calls[calls.length - 1]?.[0];
      if (above !== undefined) low[above] = Math.min(low[above] ?? 0, low[node] ?? 0);
      if (low[node] !== index[node]) continue;
      for (let each = open.pop(); each !== undefined; each = each === node ? undefined : open.pop()) part[each] = found;
      found++;
    }
  }
  return part;
}

function backArcs(count: number, arcs: readonly Arc[], part: readonly number[]): Set<number> {
  const inside: number[][] = Array.from({ length: count }, () => []);
  arcs.forEach(([from, to], at) => {
    if (from !== to && part[from] === part[to]) inside[from]?.push(at);
  });
  const back = new Set<number>();
  const state = new Uint8Array(count); // 1: on the way, 2: done
  for (let root = 0; root < count; root++) {
    if (state[root] !== 0) continue;
    const calls: [node: number, child: number][] = [[root, 0]];
    state[root] = 1;
    while (calls.length > 0) {
      const call = calls[calls.length - 1] as [number, number];
      const at = inside[call[0]]?.[call[1]++];
      if (at === undefined) {
        state[call[0]] = 2;
        calls.pop();
        continue;
      }
      const to = arcs[at]?.[1] ?? 0;
      if (state[to] === 1) back.add(at);
      else if (state[to] === 0) {
        state[to] = 1;
        calls.push([to, 0]);
      }
    }
  }
  return back;
}

function topological(count: number, arcs: readonly Arc[]): number[] {
  const next = neighbours(count, arcs);
  const waiting = new Array<number>(count).fill(0);
  for (const [, to] of arcs) waiting[to] = (waiting[to] ?? 0) + 1;
  const order: number[] = [];
  for (let node = 0; node < count; node++) if (waiting[node] === 0) order.push(node);
  for (let at = 0; at < order.length; at++)
    for (const to of next[order[at] ?? 0] ?? []) {
      waiting[to] = (waiting[to] ?? 0) - 1;
      if (waiting[to] === 0) order.push(to);
    }
  return order;
}

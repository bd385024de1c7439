/** Places in one column of a layout: as near as can be to where each thing wants to be, in order, and apart. */

export interface Wish {
  /** Where its top should be. */
  readonly at: number;
  readonly weight: number;
  readonly height: number;
}

interface Block {
  first: number;
  weight: number;
  /** Weighted sum of where the block's start should be. */
  sum: number;
  height: number;
}

/**
 * Return the tops that come nearest to the wishes (least weighted squares), none overlapping, `gap` apart, in order.
 *
 * Neighbours that would overlap are pooled and placed together: exact, and linear in their number.
 */
export function place(wishes: readonly Wish[], gap: number): number[] {
  const blocks: Block[] = [];
  wishes.forEach((wish, at) => {
    let block: Block = { first: at, weight: wish.weight, sum: wish.at * wish.weight, height: wish.height + gap };
    for (let last = blocks.at(-1); last !== undefined && start(last) + last.height > start(block); last = blocks.at(-1)) {
      blocks.pop();
      block = {
        first: last.first,
        weight: last.weight + block.weight,
        sum: last.sum + block.sum - last.height * block.weight,
        height: last.height + block.height,
      };
    }
    blocks.push(block);
  });
  const tops = new Array<number>(wishes.length).fill(0);
  blocks.forEach((block, index) => {
    let top = start(block);
    const end = blocks[index + 1]?.first ?? wishes.length;
    for (let at = block.first; at < end; at++) {
      tops[at] = top;
      top += (wishes[at]?.height ?? 0) + gap;
    }
  });
  return tops;
}

const start = (block: Block): number => block.sum / block.weight;

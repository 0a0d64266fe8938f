/**
 * A machine's memory laid out: nodes, their zones, which of them an allocation tries in which order,
 * and the domains that are reclaimed together (mm/page_alloc.c, free_area_init_core and
 * build_zonelists).
 *
 * Memory is one stretch from address 0 without the holes of a real machine. Nodes are equal shares
 * of it, as numa=fake=N makes them. An allocation tries its own node from the highest zone down, and
 * then the next nodes in turn (zonelist order "node").
 */

import { Domain, LRU_LISTS } from './lru.ts';
import { PageTable } from './page-table.ts';
import { minFreeKbytes, type VmOptions } from './vm-options.ts';
import { highmemWatermarks, watermarks, Zone, ZONE_LISTS, ZONE_NAMES, ZoneType } from './zone.ts';

/** Which processor a machine has: it decides where zones end. */
export type Arch = 'x86-64' | 'i386' | 'ppc64';

const { dma, dma32, normal, highmem } = ZoneType;
/** Zone types of each, and the frame at which each ends. */
const LAYOUTS: Readonly<Record<Arch, readonly (readonly [ZoneType, number])[]>> = {
  // 16 MiB, 4 GiB.
  'x86-64': [
    [dma, 4096],
    [dma32, 1 << 20],
    [normal, Infinity],
  ],
  // 16 MiB, 896 MiB.
  i386: [
    [dma, 4096],
    [normal, 229_376],
    [highmem, Infinity],
  ],
  // All of it can be reached by every device.
  ppc64: [[dma, Infinity]],
};

/** lowmem_reserve_ratio: 1/256 of the higher zones is kept back below them, 1/32 of high memory. */
const RESERVE_RATIOS = [256, 256, 32, 32];

export interface Node {
  readonly number: number;
  /** Lowest zone first. */
  readonly zones: readonly Zone[];
  /** Where a task on this node looks for memory, in order. */
  readonly zonelist: readonly Zone[];
  /** What is reclaimed for it: the domains of its zonelist, nearest first. */
  readonly domains: readonly Domain[];
  /** The zone type that it tries first: the class of its allocations. */
  readonly type: ZoneType;
}

interface Place {
  number: number;
  type: ZoneType;
  node: number;
  first: number;
  end: number;
}

function placesOf(options: VmOptions): Place[] {
  const places: Place[] = [];
  for (let node = 0; node < options.nodes; node++) {
    let first = Math.floor((options.pages * node) / options.nodes);
    const nodeEnd = Math.floor((options.pages * (node + 1)) / options.nodes);
    for (const [type, typeEnd] of LAYOUTS[options.arch]) {
      const end = Math.min(typeEnd, nodeEnd);
      if (end > first) places.push({ number: places.length, type, node, first, end });
      first = Math.max(first, end);
    }
  }
  return places;
}

/** lowmem_reserve of a zone, by the type that an allocation would have preferred. */
function reserveOf(place: Place, places: readonly Place[]): number[] {
  return ZONE_NAMES.map((_, type) => {
    let higher = 0;
    for (const other of places) {
      if (other.node === place.node && other.type > place.type && other.type <= type)
        higher += other.end - other.first;
    }
    return Math.floor(higher / RESERVE_RATIOS[place.type]);
  });
}

export class Topology {
  readonly table: PageTable;
  readonly zones: readonly Zone[];
  readonly nodes: readonly Node[];
  readonly domains: readonly Domain[];
  /** Pages that are not high memory: what min_free_kbytes and the dirty limits go by. */
  readonly lowmemPages: number;

  /** @param perNode whether a node, not a zone, is what is reclaimed together */
  constructor(options: VmOptions, perNode: boolean) {
    const places = placesOf(options);
    const groups = options.groups.length + 1;
    const domainCount = perNode ? options.nodes : places.length;
    this.table = new PageTable(
      options.pages,
      places.length * ZONE_LISTS + domainCount * groups * LRU_LISTS,
      options.swapBytes > 0,
      groups > 1,
    );
    this.domains = Array.from({ length: domainCount }, () => new Domain(this.table, groups));
    const lowmem = places.filter(({ type }) => type !== highmem);
    this.lowmemPages = lowmem.reduce((sum, { first, end }) => sum + end - first, 0);
    const pagesMin = Math.floor((options.minFreeKbytes ?? minFreeKbytes(this.lowmemPages)) / 4);
    this.zones = places.map((place) => {
      const marks = place.type === highmem ? highmemWatermarks : watermarks;
      return new Zone(
        this.table,
        place,
        this.domains[perNode ? place.node : place.number],
        marks(pagesMin, place.end - place.first, this.lowmemPages),
        reserveOf(place, places),
      );
    });
    this.nodes = Array.from({ length: options.nodes }, (_, node) =>
      this.#node(node, options.nodes),
    );
  }

  #node(node: number, nodes: number): Node {
    const zonesOf = (n: number) => this.zones.filter((zone) => zone.node === n);
    const zonelist = Array.from({ length: nodes }, (_, i) =>
      zonesOf((node + i) % nodes).reverse(),
    ).flat();
    const domains = [...new Set(zonelist.map(({ domain }) => domain))];
    return { number: node, zones: zonesOf(node), zonelist, domains, type: zonelist[0].type };
  }
}

import { describe, expect, it } from "vitest";
import { type Asset, commandOf, endOf, type Impact, linesOf, sentence, type Verdict } from "./telling";

function asset(kind: string, verdict: Verdict, owner?: string): Asset {
  const urn = `urn:clew:${kind}:(n,${kind}${owner ?? ""})`;
  return { urn, kind, name: kind, verdict, use: "direct", hops: 1, owners: owner === undefined ? [] : [{ owner, role: "owner" }], tier: null, path: [] };
}

function impact(assets: Asset[], more: Partial<Impact> = {}): Impact {
  const byVerdict: Record<string, number> = {};
  for (const each of assets) byVerdict[each.verdict] = (byVerdict[each.verdict] ?? 0) + 1;
  return { asOf: { seq: 1, time: null, epoch: "e", token: "e-1" }, complete: true, behind: 0, frontier: [], gaps: [], start: "urn:clew:column:(n,t,c)", change: "drop", total: assets.length, byVerdict, byKind: {}, assets, ...more };
}

describe("the sentence", () => {
  it("names what people look at first, and counts the rest", () => {
    const assets = [asset("column", "breaks"), asset("column", "breaks"), asset("model", "breaks"), asset("dashboard", "breaks"), asset("dashboard", "breaks"), asset("job", "breaks"), asset("dataset", "breaks"), asset("assertion", "may_break")];
    expect(sentence(impact(assets))).toBe("breaks 1 model, 2 dashboards, 1 dataset and 3 others; 1 uncertain");
  });

  it("has no list for one kind, and no others for a single last kind", () => {
    expect(sentence(impact([asset("dashboard", "breaks")]))).toBe("breaks 1 dashboard");
    expect(sentence(impact([asset("model", "breaks"), asset("dashboard", "breaks"), asset("job", "breaks"), asset("column", "breaks")]))).toBe("breaks 1 model, 1 dashboard, 1 job and 1 column");
  });

  it("tells no kinds when not all that breaks is named", () => {
    expect(sentence(impact([asset("model", "breaks")], { byVerdict: { breaks: 1200 }, total: 1200 }))).toBe("breaks 1,200 assets");
  });

  it("claims that nothing is affected only of a complete answer", () => {
    expect(sentence(impact([]))).toBe("affects nothing");
    expect(sentence(impact([], { complete: false }))).toBe("affects nothing that is known");
    expect(sentence(impact([asset("model", "informed")]))).toBe("breaks nothing for certain; 1 to be told");
  });
});

describe("the lines", () => {
  it("go by verdict, then owner, those without one last", () => {
    const said = impact([asset("job", "breaks"), asset("model", "breaks", "ann"), asset("dashboard", "may_break", "bob"), asset("column", "breaks", "ann")]);
    const told = linesOf(said, undefined).map((line) => (line.form === "verdict" ? `${line.verdict} ${line.count}` : line.form === "owner" ? `  ${line.owner}` : `    ${line.asset.kind}`));
    expect(told).toEqual(["breaks 3", "  ann", "    model", "    column", "  Nobody", "    job", "may_break 1", "  bob", "    dashboard"]);
  });

  it("can be narrowed to a kind", () => {
    expect(linesOf(impact([asset("job", "breaks"), asset("model", "breaks")]), "model").length).toBe(3);
  });
});

describe("an asset", () => {
  it("is traced where its path ends, before the derived node", () => {
    const step = { from: "urn:clew:column:(n,t,c)", to: "urn:clew:any:(n,t)", type: "MEMBER", subtype: "ANY", carrier: "", source: "", confidence: 1 };
    expect(endOf({ ...asset("job", "breaks"), path: [step] })).toBe("urn:clew:column:(n,t,c)");
  });

  it("has a command that no name can break out of", () => {
    expect(commandOf("urn:clew:column:(n,t,it's)", "drop", "2h")).toBe("clew impact 'urn:clew:column:(n,t,it'\\''s)' --change drop --as-of '2h'");
  });
});

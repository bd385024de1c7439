/** Markdown as React elements. HTML in it is shown as the text that it is; links lead to http, https and mailto only. */
import type { Nodes, Parents } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmAutolinkLiteralFromMarkdown } from "mdast-util-gfm-autolink-literal";
import { gfmTableFromMarkdown } from "mdast-util-gfm-table";
import { gfmAutolinkLiteral } from "micromark-extension-gfm-autolink-literal";
import { gfmTable } from "micromark-extension-gfm-table";
import { Fragment, type ReactNode, useMemo } from "react";
import { safeAddress } from "./address";

/** Characters that are read; a longer text is cut, and says so. */
export const LONGEST = 100_000;

export function Markdown({ text }: { readonly text: string }) {
  const tree = useMemo(
    () =>
      fromMarkdown(text.slice(0, LONGEST), {
        extensions: [gfmTable(), gfmAutolinkLiteral()],
        mdastExtensions: [gfmTableFromMarkdown(), gfmAutolinkLiteralFromMarkdown()],
      }),
    [text],
  );
  return (
    <div className="markdown" dir="auto">
      {below(tree)}
      {text.length > LONGEST && <p className="soft">Cut after {LONGEST.toLocaleString("en-GB")} characters.</p>}
    </div>
  );
}

function below(node: Parents): ReactNode {
  return node.children.map((each, at) => <Fragment key={`${each.type} ${at}`}>{element(each)}</Fragment>);
}

const HEADINGS = ["h3", "h4", "h5", "h6", "h6", "h6"] as const;

function element(node: Nodes): ReactNode {
  switch (node.type) {
    case "text":
    case "html":
      return node.value;
    case "paragraph":
      return <p>{below(node)}</p>;
    case "heading": {
      const Heading = HEADINGS[node.depth - 1] ?? "h6";
      return <Heading>{below(node)}</Heading>;
    }
    case "emphasis":
      return <em>{below(node)}</em>;
    case "strong":
      return <strong>{below(node)}</strong>;
    case "inlineCode":
      return <code>{node.value}</code>;
    case "code":
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <pre className="command" tabIndex={0}>
          <code>{node.value}</code>
        </pre>
      );
    case "link": {
      const address = safeAddress(node.url);
      return address === undefined ? below(node) : <Out address={address}>{below(node)}</Out>;
    }
    case "image": {
      // Nothing is fetched from elsewhere: a picture is a link to it.
      const address = safeAddress(node.url);
      const said = node.alt || node.url;
      return address === undefined ? said : <Out address={address}>{said}</Out>;
    }
    case "list":
      return node.ordered ? <ol start={node.start ?? 1}>{below(node)}</ol> : <ul>{below(node)}</ul>;
    case "listItem":
      return <li>{below(node)}</li>;
    case "blockquote":
      return <blockquote>{below(node)}</blockquote>;
    case "thematicBreak":
      return <hr />;
    case "break":
      return <br />;
    case "table": {
      const [head, ...rows] = node.children;
      return (
        <table className="plain">
          <thead>
            <tr>{head?.children.map((cell, at) => <th key={`${at} ${cell.type}`}>{below(cell)}</th>)}</tr>
          </thead>
          <tbody>
            {rows.map((row, at) => (
              <tr key={`${at} ${row.type}`}>{row.children.map((cell, place) => <td key={`${place} ${cell.type}`}>{below(cell)}</td>)}</tr>
            ))}
          </tbody>
        </table>
      );
    }
    default:
      return "children" in node ? below(node) : null;
  }
}

function Out({ address, children }: { readonly address: string; readonly children: ReactNode }) {
  return (
    <a href={address} rel="noreferrer noopener" target="_blank">
      {children}
    </a>
  );
}

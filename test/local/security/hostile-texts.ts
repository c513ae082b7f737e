/** Texts that would create the file `canary`, or would be truncated, if anything treated them as more than data. */
export function hostileTexts(canary: string): readonly string[] {
  const touch = `touch ${canary}`;
  return [
    `$(${touch})`,
    `\`${touch}\``,
    `'; ${touch}; '`,
    `"; ${touch}; "`,
    `''' + __import__('os').system('${touch}') + '''`,
    `""" + __import__("os").system("${touch}") + """`,
    `x\n${touch}\nruncmd:\n  - ${touch}\n`,
    `\r\n\t\\n\\x41 \\`,
    `x && ${touch} || ${touch} ; ${touch} | ${touch} & ${touch} > ${canary}`,
    `{{ cycler.__init__.__globals__.os.system("${touch}") }} {% x %} \${${canary}} <% x %>`,
    `%s %d %n %(name)s %% %USERNAME%`,
    `$HOME \${HOME} ~ * ? [a-z] {a,b} !! !$ ^x^y`,
    `!!python/object/apply:os.system ["${touch}"]`,
    `#cloud-config\n---\n&a [*a]: |\n`,
    `--preload=${canary}`,
    `-c`,
    `--`,
    ` leading and trailing `,
    `ünïcödé 漢字 🚀 \u202Ereversed \u2028 \uFEFF \u0007\u001B[31m\u007F`,
  ];
}

/** The same in one path; without line ends, and without `$NAME`, which Dask expands in every configuration value. */
export function hostileDirectory(canary: string): string {
  return `it's "here" $(touch ${canary}) \`touch ${canary}\` ; {{x}} {% y %} %s %% & ''' \\ ünï 🚀 # --x`;
}

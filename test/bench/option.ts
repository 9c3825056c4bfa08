/** What `--name=1000` on the command line says. */
export function numberOption(name: string, usual: number): number {
  const start = `--${name}=`
  return Number(process.argv.find((each) => each.startsWith(start))?.slice(start.length) ?? usual)
}

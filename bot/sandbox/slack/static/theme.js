// Runs before the first paint, so that the page does not flash in the other theme.
{
  const asked = new URLSearchParams(location.search).get("theme");
  const kept = localStorage.getItem("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const theme = [asked, kept].find((word) => word === "light" || word === "dark");
  document.documentElement.dataset.theme = theme ?? (dark ? "dark" : "light");
}

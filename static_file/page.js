// Asks the server for /api/site (a route in stan.conf) and shows what it says.
const answer = document.querySelector("#answer");
let asked = 0;

document.querySelector("#ask").addEventListener("click", async () => {
  asked += 1;
  try {
    const site = await (await fetch("/api/site")).json();
    answer.textContent = `${asked}: ${site.name} has ${site.pages.length} pages`;
  } catch (error) {
    answer.textContent = `${asked}: no answer (${error.message})`;
  }
});

import http from 'k6/http';
import exec from 'k6/execution';

export const options = {
  scenarios: { rush: { executor: 'shared-iterations', vus: 200, iterations: 5000, maxDuration: '1m' } },
};

export default function () {
  const n = exec.scenario.iterationInTest;
  const buyer = `u-${n % 2500}`; // each comes twice
  const request = `r-${n}`;
  const call = Date.now();
  const res = http.post(`${__ENV.SHOP}/buy`, JSON.stringify({ buyer, request }), { timeout: '2s' });
  console.log(JSON.stringify({
    buyer, request, call, return: Date.now(), status: res.status, reply: res.body, error: res.error,
  }));
}

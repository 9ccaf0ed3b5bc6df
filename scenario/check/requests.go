package check

import "fmt"

// judgeRequests: a replay needs an earlier attempt of the request that was
// granted or may have been; and where the script promises it, every attempt
// called after a grant of its request has returned is a replay.
func (j *judge) judgeRequests(b *buyer) {
	ops := b.grouped()
	for start := 0; start < len(ops); {
		end := start + 1
		for end < len(ops) && ops[end].request == ops[start].request {
			end++
		}
		j.judgeRequest(b, ops[start:end])
		start = end
	}
}

// judgeRequest judges the attempts of one request, given by call.
func (j *judge) judgeRequest(b *buyer, ops []op) {
	asked, done := op{inv: forever}, op{ret: forever}
	for i := range ops {
		o := &ops[i]
		if o.asked() && o.inv < asked.inv {
			asked = *o
		}
		if o.class == granted && o.ret < done.ret {
			done = *o
		}
	}
	j.countResends(b, ops, done.ret)
	for i := range ops {
		o := &ops[i]
		if o.class == replayed && j.complete && asked.inv > o.ret {
			j.add(replayOfNothing, func() string {
				return "an attempt was answered as a replay, and no attempt of its request that was granted or may have been had been called before it returned"
			}, *o)
		}
		if j.perRequest && o.inv > done.ret {
			j.judgeResend(o, &done)
		}
	}
}

// judgeResend judges an attempt called after its request had been granted.
func (j *judge) judgeResend(o, done *op) {
	var c condition
	switch o.class {
	case granted:
		c = requestGrantedAgain
	case soldOut:
		c = requestSoldOutAgain
	case duplicate, refused:
		c = requestDupAgain
	default:
		return
	}
	j.add(c, func() string {
		return fmt.Sprintf("an attempt was told %s after an earlier one of its request had been granted; the script promises to replay that answer", o.outcome)
	}, *o, *done)
}

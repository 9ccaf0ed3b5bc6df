package check

import "fmt"

// judgeRequests: a replay needs an earlier attempt of the request that was
// granted or may have been. Where the script promises not to grant a request
// twice, one ok is all that a request may hear of; and where it promises to
// replay its answers, every other answer beside that ok is a replay. Neither
// depends on instants: whichever of the two came first, the stock and the
// buyer's units only ever grew less free by the other.
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
	asked, done := op{inv: forever}, -1
	for i := range ops {
		o := &ops[i]
		if o.asked() && o.inv < asked.inv {
			asked = *o
		}
		if o.class == granted && (done < 0 || o.ret < ops[done].ret) {
			done = i
		}
	}
	j.countResends(b, ops, done)
	for i := range ops {
		o := &ops[i]
		if o.class == replayed && j.complete && asked.inv > o.ret {
			j.add(replayOfNothing, func() string {
				return "an attempt was answered as a replay, and no attempt of its request that was granted or may have been had been called before it returned (0 < 1)"
			}, *o)
		}
		if done >= 0 && i != done {
			j.judgeResend(b, o, &ops[done])
		}
	}
}

// judgeResend judges an attempt of a request that another was granted.
func (j *judge) judgeResend(b *buyer, o, done *op) {
	once := j.onceARequest && b.count[granted] <= j.limit // beyond his limit it is told as that
	if c, broken := brokenAgain(o.class, once, j.perRequest); broken {
		j.add(c, o.toldAgain, *o, *done)
	}
}

// brokenAgain is the condition that an answer breaks to a request that another
// attempt was granted: where a request is granted once, and where its answer is
// replayed.
func brokenAgain(answer class, once, replays bool) (c condition, broken bool) {
	switch {
	case answer == granted:
		return requestGrantedAgain, once
	case answer == soldOut:
		return requestSoldOutAgain, replays
	case answer == refused, answer == duplicate:
		return requestDupAgain, replays
	}
	return 0, false
}

// toldAgain says so.
func (o *op) toldAgain() string {
	unlike := fmt.Sprintf("%s ≠ replayed", o.outcome)
	if o.class == granted {
		unlike = "2 > 1"
	}
	return fmt.Sprintf("an attempt was told %s, and another of its request was granted (%s); the script promises that a resend is not sold again", o.outcome, unlike)
}

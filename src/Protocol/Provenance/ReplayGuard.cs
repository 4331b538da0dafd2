using Quorate.Contracts.Provenance;

namespace Quorate.Protocol.Provenance;

/// <summary>
/// Remembers the nonces and sequence numbers of envelopes until these have expired, so that each is accepted once.
/// Whatever was forgotten, for age or for room, moves a floor: an envelope stamped no later than the floor is refused,
/// so neither a full guard nor a clock set back lets a replay through. Thread-safe.
/// </summary>
/// <param name="capacity">Envelopes remembered at most. The default covers 2,000 a second for the time to live plus skew.</param>
public sealed class ReplayGuard(int capacity = ReplayGuard.DefaultCapacity)
{
    public const int DefaultCapacity = 262_144;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _nonces = new(StringComparer.Ordinal);
    private readonly HashSet<(string IncidentId, long Seq)> _seqs = [];
    private readonly PriorityQueue<(string Nonce, string IncidentId, long Seq), DateTimeOffset> _oldest = new();
    private DateTimeOffset _floor = DateTimeOffset.MinValue;

    /// <summary>Envelopes remembered now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _oldest.Count;
            }
        }
    }

    /// <summary>Valid when the envelope is new, else Replayed or Expired. A sequence number counts within its incident.</summary>
    public EnvelopeVerdict TryAdd(EnvelopeBody body, DateTimeOffset now)
    {
        lock (_gate)
        {
            Forget(now);
            if (_nonces.Contains(body.Nonce) || _seqs.Contains((body.IncidentId, body.Seq)))
            {
                return EnvelopeVerdict.Replayed;
            }

            if (body.Timestamp <= _floor)
            {
                return EnvelopeVerdict.Expired;
            }

            if (_oldest.Count >= capacity)
            {
                RemoveOldest();
            }

            _nonces.Add(body.Nonce);
            _seqs.Add((body.IncidentId, body.Seq));
            _oldest.Enqueue((body.Nonce, body.IncidentId, body.Seq), body.Timestamp);
            return EnvelopeVerdict.Valid;
        }
    }

    /// <summary>Remembers an envelope that was accepted before a restart.</summary>
    public void Seed(Envelope envelope, DateTimeOffset now) => TryAdd(envelope.Body, now);

    private void Forget(DateTimeOffset now)
    {
        var horizon = now - EnvelopeVerifier.TimeToLive - EnvelopeVerifier.MaxSkew;
        while (_oldest.TryPeek(out _, out var timestamp) && timestamp < horizon)
        {
            RemoveOldest();
        }
    }

    private void RemoveOldest()
    {
        if (_oldest.TryDequeue(out var seen, out var timestamp))
        {
            _nonces.Remove(seen.Nonce);
            _seqs.Remove((seen.IncidentId, seen.Seq));
            _floor = timestamp > _floor ? timestamp : _floor;
        }
    }
}

using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Quorate.Contracts.Provenance;

namespace Quorate.Protocol.Provenance;

/// <summary>What the check of an envelope found.</summary>
public enum EnvelopeVerdict
{
    Valid,

    /// <summary>The seal does not match the body: altered, or sealed with another key.</summary>
    BadHmac,
    UnknownKey,

    /// <summary>Older than the time to live, or older than what the replay guard still remembers.</summary>
    Expired,

    /// <summary>Stamped later than the clock allows.</summary>
    FromTheFuture,

    /// <summary>The nonce or the sequence number was seen before.</summary>
    Replayed,

    /// <summary>A field is missing or out of form, or the two sequence numbers differ.</summary>
    Malformed,
}

/// <summary>Checks envelopes and remembers those it accepted. Thread-safe if <paramref name="findKey"/> is.</summary>
/// <param name="findKey">The HMAC key of a version, or null.</param>
/// <param name="guard">What was seen; an accepted envelope is added.</param>
public sealed class EnvelopeVerifier(Func<int, byte[]?> findKey, ReplayGuard guard)
{
    /// <summary>How long an envelope is valid after its timestamp.</summary>
    public static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(120);

    /// <summary>How far a timestamp may be ahead of the verifier's clock.</summary>
    public static readonly TimeSpan MaxSkew = TimeSpan.FromSeconds(5);

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary>The first reason to refuse, in the order form, key, seal, time, replay; so an unsealed envelope never fills the guard.</summary>
    public EnvelopeVerdict Verify(Envelope envelope, DateTimeOffset now)
    {
        if (!IsWellFormed(envelope))
        {
            return EnvelopeVerdict.Malformed;
        }

        if (findKey(envelope.KeyVersion) is not { } key)
        {
            return EnvelopeVerdict.UnknownKey;
        }

        try
        {
            if (!SameSeal(EnvelopeSealer.Hmac(envelope.Body, key), envelope.Hmac))
            {
                return EnvelopeVerdict.BadHmac;
            }
        }
        catch (JsonException)
        {
            return EnvelopeVerdict.Malformed;
        }

        var age = now - envelope.Body.Timestamp;
        if (age > TimeToLive)
        {
            return EnvelopeVerdict.Expired;
        }

        return age < -MaxSkew ? EnvelopeVerdict.FromTheFuture : guard.TryAdd(envelope.Body, now);
    }

    // The hex text is compared, not the bytes it stands for: upper-case hex would be another envelope with another hash.
    private static bool SameSeal(string expected, string actual) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.UTF8.GetBytes(actual));

    // Records read from JSON can hold null where the type says otherwise.
    private static bool IsWellFormed(Envelope envelope) =>
        envelope is { KeyVersion: >= 1, Hmac.Length: 64, Body: { Attempt: >= 1, Seq: >= 0 } body }
        && envelope.Seq == body.Seq
        && body is { IncidentId: not null, PlanId: not null, Nonce.Length: 32 }
        && body.Task is { TaskId: not null, Type: not null, Target: not null, AssignedTo: not null, Args: not null, Dependencies: not null }
        && Enum.IsDefined(body.DecisionTag)
        && !body.Nonce.AsSpan().ContainsAnyExcept(HexDigits);
}

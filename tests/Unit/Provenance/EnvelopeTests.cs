using System.Security.Cryptography;
using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Protocol.Provenance;

namespace Quorate.Tests.Unit.Provenance;

public sealed class EnvelopeTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Key1 = SHA256.HashData("one"u8);
    private static readonly byte[] Key2 = SHA256.HashData("two"u8);

    [Fact]
    public void Verify_ThousandSeededEnvelopes_AcceptsEachOnceAndRefusesEveryAlteration()
    {
        var random = new Random(4711);
        var verifier = NewVerifier();
        for (var i = 0; i < 1_000; i++)
        {
            var envelope = EnvelopeSealer.Seal(Body(i, random), 1 + (i % 2), i % 2 == 0 ? Key1 : Key2);
            var altered = Alter(envelope, random);
            Assert.NotEqual(EnvelopeVerdict.Valid, verifier.Verify(altered, Now));
            Assert.Equal(EnvelopeVerdict.Valid, verifier.Verify(envelope, Now));
            Assert.Equal(EnvelopeVerdict.Replayed, verifier.Verify(envelope, Now.AddSeconds(random.Next(0, 100))));
            Assert.NotEqual(EnvelopeSealer.Hash(envelope), EnvelopeSealer.Hash(altered));
        }
    }

    [Fact]
    public void Verify_ThroughTheWire_KeepsTheSealAndTheHash()
    {
        var envelope = EnvelopeSealer.Seal(Body(1, new Random(1)), 1, Key1);
        var copy = QuorateJson.Deserialize<Envelope>(QuorateJson.Serialize(envelope))!;
        Assert.Equal(EnvelopeSealer.Hash(envelope), EnvelopeSealer.Hash(copy));
        Assert.Equal(EnvelopeVerdict.Valid, NewVerifier().Verify(copy, Now));
        Assert.Matches("^[0-9a-f]{64}$", EnvelopeSealer.Hash(envelope));
    }

    [Theory]
    [InlineData(-121, EnvelopeVerdict.Expired)]
    [InlineData(-120, EnvelopeVerdict.Valid)]
    [InlineData(5, EnvelopeVerdict.Valid)]
    [InlineData(6, EnvelopeVerdict.FromTheFuture)]
    public void Verify_Timestamp_IsAcceptedFor120SecondsWith5SecondsOfSkew(int seconds, EnvelopeVerdict expected)
    {
        var body = Body(1, new Random(1)) with { Timestamp = Now.AddSeconds(seconds) };
        Assert.Equal(expected, NewVerifier().Verify(EnvelopeSealer.Seal(body, 1, Key1), Now));
    }

    [Fact]
    public void Verify_UnknownVersionOrWrongSequence_SaysWhich()
    {
        var envelope = EnvelopeSealer.Seal(Body(1, new Random(1)), 1, Key1);
        var verifier = NewVerifier();
        Assert.Equal(EnvelopeVerdict.UnknownKey, verifier.Verify(envelope with { KeyVersion = 9 }, Now));
        Assert.Equal(EnvelopeVerdict.BadHmac, verifier.Verify(envelope with { KeyVersion = 2 }, Now));
        Assert.Equal(EnvelopeVerdict.BadHmac, verifier.Verify(envelope with { Hmac = envelope.Hmac.ToUpperInvariant() }, Now));
        Assert.Equal(EnvelopeVerdict.Malformed, verifier.Verify(envelope with { Seq = 3 }, Now));
        Assert.Equal(EnvelopeVerdict.Malformed, verifier.Verify(envelope with { Body = null! }, Now));
        Assert.Equal(EnvelopeVerdict.Valid, verifier.Verify(envelope, Now));
    }

    [Fact]
    public void Verify_SameSequenceWithFreshNonce_IsReplayedWithinItsIncidentOnly()
    {
        var random = new Random(3);
        var verifier = NewVerifier();
        var first = Body(5, random);
        Assert.Equal(EnvelopeVerdict.Valid, verifier.Verify(EnvelopeSealer.Seal(first, 1, Key1), Now));
        var again = first with { Nonce = Nonce(random) };
        Assert.Equal(EnvelopeVerdict.Replayed, verifier.Verify(EnvelopeSealer.Seal(again, 1, Key1), Now));
        var elsewhere = again with { IncidentId = "inc-other" };
        Assert.Equal(EnvelopeVerdict.Valid, verifier.Verify(EnvelopeSealer.Seal(elsewhere, 1, Key1), Now));
    }

    [Fact]
    public void Guard_FullOrWithItsClockSetBack_RefusesWhatItForgot()
    {
        var random = new Random(5);
        var guard = new ReplayGuard(capacity: 10);
        var bodies = Enumerable.Range(0, 30).Select(i => Body(i, random) with { Timestamp = Now.AddSeconds(i) }).ToList();
        Assert.All(bodies, b => Assert.Equal(EnvelopeVerdict.Valid, guard.TryAdd(b, b.Timestamp)));
        Assert.Equal(10, guard.Count);
        Assert.All(bodies, b => Assert.NotEqual(EnvelopeVerdict.Valid, guard.TryAdd(b, Now)));

        var late = Body(99, random) with { Timestamp = Now.AddHours(1) };
        Assert.Equal(EnvelopeVerdict.Valid, guard.TryAdd(late, late.Timestamp));
        Assert.Equal(1, guard.Count);
        Assert.All(bodies, b => Assert.NotEqual(EnvelopeVerdict.Valid, guard.TryAdd(b, Now)));
    }

    [Fact]
    public void Guard_SeededFromEarlierEnvelopes_RefusesThemAfterARestart()
    {
        var envelope = EnvelopeSealer.Seal(Body(1, new Random(1)), 1, Key1);
        var guard = new ReplayGuard();
        guard.Seed(envelope, Now);
        Assert.Equal(EnvelopeVerdict.Replayed, new EnvelopeVerifier(_ => Key1, guard).Verify(envelope, Now));
    }

    private static EnvelopeVerifier NewVerifier() => new(v => v switch { 1 => Key1, 2 => Key2, _ => null }, new ReplayGuard());

    private static string Nonce(Random random)
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    private static EnvelopeBody Body(int i, Random random) => new()
    {
        IncidentId = $"inc-{i}",
        PlanId = "plan-1",
        PlanVersion = 1 + (i % 3),
        Task = new PlanTask
        {
            TaskId = $"t{i}",
            Type = "set_env",
            Target = "checkout",
            AssignedTo = AgentNames.Action,
            Args = new Dictionary<string, System.Text.Json.JsonElement> { ["name"] = QuorateJson.ToElement("DB_HÖST"), ["n"] = QuorateJson.ToElement(1.5) },
            Dependencies = ["t0"],
        },
        DecisionTag = DecisionTag.LlmDecision,
        Attempt = 1,
        IntendedAt = Now,
        Timestamp = Now,
        Nonce = Nonce(random),
        Seq = i + 1,
    };

    private static Envelope Alter(Envelope e, Random random)
    {
        var b = e.Body;
        var digit = random.Next(64);
        return random.Next(16) switch
        {
            0 => e with { Body = b with { IncidentId = b.IncidentId + "x" } },
            1 => e with { Body = b with { PlanId = "plan-2" } },
            2 => e with { Body = b with { PlanVersion = b.PlanVersion + 1 } },
            3 => e with { Body = b with { Task = b.Task with { Target = "payments" } } },
            4 => e with { Body = b with { Task = b.Task with { Type = "exec" } } },
            5 => e with { Body = b with { Task = b.Task with { Dependencies = [] } } },
            6 => e with { Body = b with { Task = b.Task with { Args = new Dictionary<string, System.Text.Json.JsonElement>() } } },
            7 => e with { Body = b with { DecisionTag = DecisionTag.Deterministic } },
            8 => e with { Body = b with { Attempt = 2 } },
            9 => e with { Body = b with { IdempotencyKey = new string('a', 64) } },
            10 => e with { Body = b with { IntendedAt = b.IntendedAt.AddTicks(1) } },
            11 => e with { Body = b with { Timestamp = b.Timestamp.ToOffset(TimeSpan.FromHours(1)) } },
            12 => e with { Body = b with { Nonce = Nonce(random) } },
            13 => e with { Body = b with { Seq = b.Seq + 1 }, Seq = e.Seq + 1 },
            14 => e with { KeyVersion = 3 - e.KeyVersion },
            _ => e with { Hmac = e.Hmac[..digit] + (e.Hmac[digit] == '0' ? '1' : '0') + e.Hmac[(digit + 1)..] },
        };
    }
}

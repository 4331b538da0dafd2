using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Simulation;

namespace Quorate.Tests.Simulation;

/// <summary>
/// Bytes from hell: nothing throws, nothing grows, nothing that must not be forgotten changes.
/// QUORATE_FUZZ_MESSAGES sets how many; the usual number is small.
/// </summary>
public sealed class FuzzTests
{
    private const int UsualMessages = 200_000;

    [Fact]
    public void Replica_RandomAndMutatedMessages_StaysAsItWas()
    {
        var messages = int.TryParse(Environment.GetEnvironmentVariable("QUORATE_FUZZ_MESSAGES"), out var asked) ? asked : UsualMessages;
        var machine = Bombard(PlantedBug.None, messages, out var change);
        Assert.Null(change);

        // The noise got past the decoder and to every later check.
        LinkCounters[] links = [.. Enumerable.Range(0, 4).Select(machine.Counters)];
        Assert.InRange(links.Sum(link => link.Malformed), messages / 4, messages);
        Assert.InRange(links.Sum(link => link.InvalidSignature), messages / 200, messages);
        Assert.InRange(links.Sum(link => link.OutOfRange), messages / 100, messages);
    }

    [Fact]
    public void Replica_ThatChecksNoSignatures_IsChangedByTheSameNoise()
    {
        Bombard(PlantedBug.UnverifiedVotes, UsualMessages, out var change);
        Assert.NotNull(change);
    }

    // What changed first, or null.
    private static Replica Bombard(PlantedBug bug, int messages, out string? change)
    {
        var random = new SimulatedRandom(20_260);
        var (machine, samples) = BusyReplica(random, bug);
        var before = Fingerprint(machine);
        change = null;
        for (var i = 0; i < messages && change is null; i++)
        {
            var bytes = random.Chance(100) ? random.Bytes(random.Below(300)) : Mutate(random, samples[random.Below(samples.Count)]);
            var from = random.Chance(100) ? random.Below(40) - 20 : random.Below(5);
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            machine.Receive(from, bytes, 1);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 200_000 + (64L * bytes.Length));
            if (machine.Outputs.Exists(output => output.Kind is OutputKind.Persist or OutputKind.FaultProven or OutputKind.Decision)
                || (i % 5_000 == 0 && Fingerprint(machine) != before))
            {
                change = $"message {i}: {Convert.ToHexString(bytes)}";
            }

            machine.Outputs.Clear();
        }

        change ??= Fingerprint(machine) == before ? null : "changed at the end";
        return machine;
    }

    [Fact]
    public void Decoder_RandomBytes_NeverThrowsAndGivesOneFormOnly()
    {
        var random = new SimulatedRandom(5);
        var (_, samples) = BusyReplica(random);
        for (var i = 0; i < 50_000; i++)
        {
            var bytes = Mutate(random, samples[random.Below(samples.Count)]);
            if (MessageCodec.TryDecode(bytes, out var message))
            {
                Assert.Equal(bytes, MessageCodec.Encode(message));
            }

            _ = Evidence.TryDecode(bytes, out _);
            _ = QuorumCertificate.TryDecode(bytes, out _);
            _ = DurableRecord.TryDecode(bytes, out _);
        }
    }

    [Fact]
    public void Decoder_EveryKindOfMessage_ReadsBackWhatWasWritten()
    {
        var (_, samples) = BusyReplica(new SimulatedRandom(9));
        foreach (var sample in samples)
        {
            Assert.True(MessageCodec.TryDecode(sample, out var message));
            Assert.Equal(sample, MessageCodec.Encode(message));
        }

        Assert.Equal(Enum.GetValues<MessageKind>().Length, samples.Select(sample => sample[0]).Distinct().Count());
    }

    private static byte[] Mutate(SimulatedRandom random, byte[] sample)
    {
        switch (random.Below(4))
        {
            case 0:
                return sample[..random.Below(sample.Length)];
            case 1:
                return [.. sample, .. random.Bytes(1 + random.Below(40))];
            default:
                // The last bytes of most messages are a signature; changing another byte leaves the old one over it.
                var bytes = sample.ToArray();
                for (var i = 1 + random.Below(4); i > 0; i--)
                {
                    bytes[random.Below(bytes.Length)] ^= (byte)(1 + random.Below(255));
                }

                return bytes;
        }
    }

    private static string Fingerprint(Replica machine)
    {
        var records = machine.DurableRecords().Select(record => Convert.ToHexString(record.Encode()));
        return $"{machine.View} {machine.IsActive} {machine.Executed} {machine.Stable} {machine.PendingCount} {string.Join('\n', records)}";
    }

    // A backup in the middle of things, and one sample of everything that was ever said in its group.
    private static (Replica Machine, List<byte[]> Samples) BusyReplica(SimulatedRandom random, PlantedBug bug = PlantedBug.None)
    {
        var group = new TestGroup(4, 1, random, bug);
        for (ulong i = 1; i <= 6; i++)
        {
            group.Ask(i);
        }

        var samples = group.Sent.GroupBy(message => message.Kind).Select(kind => kind.Last().Encoded.ToArray()).ToList();
        samples.AddRange(group.Extra().Select(message => message.Encoded.ToArray()));
        return (group.Replicas[2], samples);
    }
}

using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Quorate.Protocol.Consensus;
using Quorate.Transport.Clients;

namespace Quorate.Tests.Integration.Consensus;

/// <summary>
/// Four agents decide a stream of requests while one of them lies and the others are killed and started again, one
/// at a time. QUORATE_STREAM_REQUESTS sets how many; 100000 is the full proof.
/// </summary>
public class ByzantineStreamTests
{
    private const int Clients = 32;

    /// <summary>Answers between two kills: about three seconds' worth, but never so many that a fast machine sees none.</summary>
    private const int KillEvery = 700;

    [Theory]
    [InlineData("mixed")]
    [InlineData("equivocate")]
    public async Task Stream_OneLiesAndOneAtATimeIsKilled_NothingDecidedIsLostOrDiffers(string lie)
    {
        var total = int.Parse(Environment.GetEnvironmentVariable("QUORATE_STREAM_REQUESTS") ?? "3000", CultureInfo.InvariantCulture);
        using var group = new AgentGroup(Clients);
        foreach (var id in group.Peers.ReplicaIds.Take(3))
        {
            await group.StartAsync(id);
        }

        await group.StartAsync("r3", "--lie", lie);
        await using var clients = new GroupClients(group.Peers);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(120 + (total / 40)));
        var answers = new ConcurrentDictionary<ulong, (RequestKey Key, byte[] Payload)>();
        var stream = StreamAsync(clients.Clients, total, answers, limit.Token);
        var kills = await KillInTurnAsync(group, stream, answers);
        await stream;

        // Exactly once each: as many places in the log as requests, none given twice.
        Assert.Equal(Enumerable.Range(1, total).Select(i => (ulong)i), answers.Keys.Order());
        var expected = Chain(answers);
        for (var replica = 0; replica < 3; replica++)
        {
            await ExpectAsync(clients, replica, (ulong)total, expected);
        }

        Assert.True(kills > 0, "nobody was killed");
    }

    private static async Task StreamAsync(ConsensusClient[] clients, int total, ConcurrentDictionary<ulong, (RequestKey, byte[])> answers, CancellationToken token)
    {
        var asked = 0;
        await Task.WhenAll(clients.Select(async client =>
        {
            for (int number; (number = Interlocked.Increment(ref asked)) <= total;)
            {
                var payload = new byte[100];
                BinaryPrimitives.WriteInt32BigEndian(payload, number);
                var answer = await client.RequestAsync(payload, cancellationToken: token);
                var position = BinaryPrimitives.ReadUInt64BigEndian(answer.Result);
                Assert.True(answers.TryAdd(position, (answer.Key, payload)), $"position {position} was given twice");
            }
        }));
    }

    /// <summary>Until the stream ends; tells how many were killed.</summary>
    private static async Task<int> KillInTurnAsync(AgentGroup group, Task stream, ConcurrentDictionary<ulong, (RequestKey, byte[])> answers)
    {
        var kills = 0;
        var before = 0;
        var started = TimeProvider.System.GetTimestamp();
        while (await Task.WhenAny(stream, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken)) != stream)
        {
            if (answers.Count < before + KillEvery)
            {
                continue;
            }

            before = answers.Count;
            var victim = $"r{kills++ % 3}";
            TestContext.Current.TestOutputHelper?.WriteLine($"{TimeProvider.System.GetElapsedTime(started).TotalSeconds,6:0.0} s: {before,7} answers; {victim} is killed");
            await group.KillAsync(victim);
            await group.StartAsync(victim);
        }

        var seconds = TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        TestContext.Current.TestOutputHelper?.WriteLine($"{seconds,6:0.0} s: {answers.Count} answers, {answers.Count / seconds:0}/s on average, {kills} kills");
        return kills;
    }

    private static string Chain(ConcurrentDictionary<ulong, (RequestKey Key, byte[] Payload)> answers)
    {
        var chain = new byte[32];
        foreach (var (_, (key, payload)) in answers.OrderBy(answer => answer.Key))
        {
            var link = new byte[32 + 12 + payload.Length];
            chain.CopyTo(link, 0);
            BinaryPrimitives.WriteInt32BigEndian(link.AsSpan(32), key.Client);
            BinaryPrimitives.WriteUInt64BigEndian(link.AsSpan(36), key.Sequence);
            payload.CopyTo(link, 44);
            chain = SHA256.HashData(link);
        }

        return Convert.ToHexStringLower(chain);
    }

    private static async Task ExpectAsync(GroupClients clients, int replica, ulong applied, string chain)
    {
        var last = "no answer";
        for (var i = 0; i < 300; i++)
        {
            if (await clients.StatusAsync(replica) is { } status)
            {
                last = status.GetRawText();
                if (status.GetProperty("applied").GetUInt64() >= applied)
                {
                    Assert.Equal(applied, status.GetProperty("applied").GetUInt64());
                    Assert.Equal(chain, status.GetProperty("state_hash").GetString());
                    Assert.DoesNotContain(status.GetProperty("faults").EnumerateArray(), fault => fault.GetProperty("replica").GetString() != "r3");
                    return;
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        Assert.Fail($"r{replica} did not catch up within 30 s: {last}");
    }
}

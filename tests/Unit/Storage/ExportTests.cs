using System.Text;
using Quorate.Contracts;
using Quorate.Protocol.Provenance;
using Quorate.Storage.Keys;
using Quorate.Storage.Ledger;

namespace Quorate.Tests.Unit.Storage;

public sealed class ExportTests
{
    private static readonly Dictionary<string, byte[]> NoKeys = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Export_Unaltered_VerifiesAndSaysWhetherItsKeyIsPinned()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        var file = await ExportAsync(fixture, 1_250);
        var pinned = await LedgerVerifier.VerifyFileAsync(file, fixture.Keys.PublicKeys, requirePinned: true, Token);
        Assert.True(pinned.Valid, pinned.FirstBad?.Detail);
        Assert.Equal((1_250, 2, true), (pinned.Entries, pinned.Checkpoints, pinned.KeyPinned));
        Assert.Equal(fixture.Keys.PublicKeys.Keys, pinned.KeyIds);

        var unpinned = await LedgerVerifier.VerifyFileAsync(file, NoKeys, requirePinned: false, Token);
        Assert.Equal((true, false), (unpinned.Valid, unpinned.KeyPinned));
        var refused = await LedgerVerifier.VerifyFileAsync(file, NoKeys, requirePinned: true, Token);
        Assert.Equal(LedgerFaultReason.UnknownKey, refused.FirstBad!.Reason);

        var handedOver = PublicKeyFolder.Load(Path.Combine(fixture.Folder, "keys", "public"));
        Assert.True((await LedgerVerifier.VerifyFileAsync(file, handedOver, requirePinned: true, Token)).KeyPinned);
    }

    [Fact]
    public async Task Export_TwoHundredSeededMutations_AreAllReportedWithTheirPlace()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        var original = await File.ReadAllBytesAsync(await ExportAsync(fixture, 60), Token);
        var random = new Random(20_260);
        for (var i = 0; i < 200; i++)
        {
            var (mutated, name) = Mutate(original, random);
            using var verifier = Verify(mutated, fixture.Keys.PublicKeys);
            Assert.True(verifier.Fault is { Line: >= 1 }, $"mutation {i}, {name}, was not reported");
        }
    }

    [Fact]
    public async Task Export_EveryByteFlipped_IsReportedAtItsLine()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        var original = await File.ReadAllBytesAsync(await ExportAsync(fixture, 4), Token);
        var line = 1;
        for (var at = 0; at < original.Length; at++)
        {
            var mutated = (byte[])original.Clone();
            mutated[at] ^= (byte)(1 << (at % 8));
            using var verifier = Verify(mutated, fixture.Keys.PublicKeys);
            Assert.True(verifier.Fault is not null, $"byte {at} was not reported");
            Assert.Equal(line, verifier.Fault.Line);
            line += original[at] == '\n' ? 1 : 0;
        }
    }

    [Theory]
    [InlineData("delete", 5, LedgerFaultReason.Gap, 4)]
    [InlineData("duplicate", 5, LedgerFaultReason.Reordered, 4)]
    [InlineData("swap", 5, LedgerFaultReason.Gap, 4)]
    [InlineData("delete-checkpoint", 12, LedgerFaultReason.Truncated, null)]
    [InlineData("cut", 5, LedgerFaultReason.Truncated, 4)]
    [InlineData("append", 13, LedgerFaultReason.BadSeal, null)]
    public async Task Export_LinesMoved_NamesTheFirstBadEntry(string change, int line, LedgerFaultReason reason, int? seq)
    {
        await using var fixture = await StoreFixture.CreateAsync();
        var lines = (await File.ReadAllLinesAsync(await ExportAsync(fixture, 10), Token)).ToList();
        Assert.Equal(13, lines.Count);
        switch (change)
        {
            case "delete": lines.RemoveAt(4); break;
            case "duplicate": lines.Insert(5, lines[4]); line = 6; break;
            case "swap": (lines[4], lines[5]) = (lines[5], lines[4]); break;
            case "delete-checkpoint": lines.RemoveAt(11); reason = LedgerFaultReason.BadSeal; break;
            case "cut": lines.RemoveRange(4, 9); break;
            default: lines.Add(lines[12]); line = 14; break;
        }

        using var verifier = Verify(Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"), fixture.Keys.PublicKeys);
        Assert.Equal((line, reason, (long?)seq), (verifier.Fault!.Line, verifier.Fault.Reason, verifier.Fault.Seq));
    }

    [Fact]
    public async Task Export_ResealedByAnotherKey_IsNotPinnedAndRefusedWhereAPinIsAsked()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        await using var other = await StoreFixture.CreateAsync();
        var file = await ExportAsync(other, 5);
        var result = await LedgerVerifier.VerifyFileAsync(file, fixture.Keys.PublicKeys, requirePinned: false, Token);
        Assert.Equal((true, false), (result.Valid, result.KeyPinned));
        Assert.False((await LedgerVerifier.VerifyFileAsync(file, fixture.Keys.PublicKeys, requirePinned: true, Token)).Valid);
    }

    [Fact]
    public async Task Export_OfAnEmptyLedgerOrToNowhere_IsClear()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        var empty = await LedgerVerifier.VerifyFileAsync(await ExportAsync(fixture, 0), fixture.Keys.PublicKeys, cancellationToken: Token);
        Assert.Equal((true, 0), (empty.Valid, empty.Entries));
        var error = await Assert.ThrowsAsync<QuorateException>(() =>
            LedgerExport.WriteAsync(fixture.Ledger, fixture.Keys, TimeProvider.System, Path.Combine(fixture.Folder, "no", "where.jsonl"), Token));
        Assert.Equal("export_unwritable", error.Code);
        await Assert.ThrowsAsync<QuorateException>(() => LedgerVerifier.VerifyFileAsync(Path.Combine(fixture.Folder, "none"), NoKeys, cancellationToken: Token));
    }

    private static async Task<string> ExportAsync(StoreFixture fixture, int entries)
    {
        await fixture.AppendManyAsync(entries);
        var file = Path.Combine(fixture.Folder, "export.jsonl");
        await LedgerExport.WriteAsync(fixture.Ledger, fixture.Keys, TimeProvider.System, file, Token);
        return file;
    }

    private static LedgerExportVerifier Verify(ReadOnlySpan<byte> bytes, IReadOnlyDictionary<string, byte[]> keys)
    {
        var verifier = new LedgerExportVerifier(keys, requirePinned: false);
        for (var end = bytes.IndexOf((byte)'\n'); end >= 0; end = bytes.IndexOf((byte)'\n'))
        {
            verifier.AddLine(bytes[..end]);
            bytes = bytes[(end + 1)..];
        }

        verifier.Complete(bytes);
        return verifier;
    }

    private static (byte[] Bytes, string Name) Mutate(byte[] original, Random random)
    {
        var lines = Encoding.UTF8.GetString(original).TrimEnd('\n').Split('\n').ToList();
        var line = random.Next(lines.Count - 1);
        switch (random.Next(7))
        {
            case 0:
                var flipped = (byte[])original.Clone();
                var at = random.Next(flipped.Length);
                flipped[at] ^= (byte)(1 << random.Next(8));
                return (flipped, $"flip at {at}");
            case 1:
                lines.RemoveAt(line);
                return (Join(lines), $"delete line {line + 1}");
            case 2:
                (lines[line], lines[line + 1]) = (lines[line + 1], lines[line]);
                return (Join(lines), $"swap after line {line + 1}");
            case 3:
                lines.Insert(random.Next(lines.Count + 1), lines[line]);
                return (Join(lines), $"duplicate line {line + 1}");
            case 4:
                return (Join(lines[..(line + 1)]), $"truncate after line {line + 1}");
            case 5:
                var length = random.Next(original.Length);
                return (original[..length], $"truncate to {length} bytes");
            default:
                lines[line] = lines[line].Insert(random.Next(lines[line].Length), " ");
                return (Join(lines), $"space in line {line + 1}");
        }
    }

    private static byte[] Join(List<string> lines) => Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n");
}

using System.Buffers.Binary;
using System.Text;
using Quorate.Platforms.Docker;

namespace Quorate.Tests.Unit.Docker;

public class LogFramesTests
{
    private const string Stamp = "2026-03-01T10:00:00.123456789Z";

    [Fact]
    public void Append_StdoutAndStderrInterleaved_GivesWholeLinesOfEach()
    {
        byte[] bytes = [.. Frame(1, $"{Stamp} out one\n"), .. Frame(2, $"{Stamp} err one\n"), .. Frame(1, $"{Stamp} \n")];

        var lines = Read(bytes, terminal: false, piece: bytes.Length);

        Assert.Equal(["out one", "err one", ""], lines.Select(l => l.Text));
        Assert.All(lines, l => Assert.Equal(new DateTimeOffset(2026, 3, 1, 10, 0, 0, TimeSpan.Zero), new DateTimeOffset(l.At!.Value.Ticks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero)));
    }

    [Fact]
    public void Append_LongLineSplitByTheEngine_LosesTheInnerStamps()
    {
        byte[] bytes = [.. Frame(1, $"{Stamp} first "), .. Frame(2, $"{Stamp} other\n"), .. Frame(1, $"{Stamp} second "), .. Frame(1, $"{Stamp} third\n")];

        var lines = Read(bytes, terminal: false, piece: 7);

        Assert.Equal(["other", "first second third"], lines.Select(l => l.Text));
    }

    [Fact]
    public void Append_SeededPiecesOfAnySize_GiveTheSameLines()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var expected = new List<string>();
            var bytes = new List<byte>();
            for (var line = random.Next(0, 30); line > 0; line--)
            {
                var text = RandomText(random);
                expected.Add(text);
                var parts = Split(text, random);
                for (var p = 0; p < parts.Count; p++)
                {
                    bytes.AddRange(Frame((byte)random.Next(1, 3) is var s && parts.Count > 1 ? (byte)1 : s, $"{Stamp} {parts[p]}{(p == parts.Count - 1 ? "\n" : "")}"));
                }
            }

            var frames = new LogFrames(terminal: false);
            var all = bytes.ToArray().AsSpan();
            while (!all.IsEmpty)
            {
                var count = Math.Min(all.Length, random.Next(1, 50));
                frames.Append(all[..count]);
                all = all[count..];
            }

            Assert.False(frames.Malformed);
            Assert.True(expected.SequenceEqual(frames.Finish().Select(l => l.Text)), $"seed {seed}");
        }
    }

    [Fact]
    public void Append_SeededGarbage_NeverThrowsAndStaysBounded()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var frames = new LogFrames(terminal: seed % 2 == 0);
            for (var piece = 0; piece < 20; piece++)
            {
                var bytes = new byte[random.Next(0, 20_000)];
                random.NextBytes(bytes);
                if (seed % 4 == 1 && bytes.Length > 8)
                {
                    BinaryPrimitives.WriteUInt64BigEndian(bytes, 0x0100_0000_0000_1000);
                }

                frames.Append(bytes);
            }

            Assert.All(frames.Finish(), l => Assert.True(l.Text.Length <= LogFrames.MaxLineBytes));
        }
    }

    [Fact]
    public void Finish_CutInTheMiddle_KeepsWhatCame()
    {
        byte[] bytes = [.. Frame(1, $"{Stamp} whole\n"), .. Frame(1, $"{Stamp} broken off here\n")[..^6]];

        Assert.Equal(["whole", "broken off"], Read(bytes, terminal: false, piece: 3).Select(l => l.Text));
    }

    [Fact]
    public void Append_MoreThanIsKept_DropsTheOldestLines()
    {
        var frames = new LogFrames(terminal: true);
        var line = Encoding.ASCII.GetBytes(new string('x', 10_000) + "\n");
        for (var i = 0; i < 1_000; i++)
        {
            frames.Append(line);
        }

        frames.Append("last\n"u8);
        var lines = frames.Finish();

        Assert.InRange(lines.Sum(l => l.Text.Length), LogFrames.MaxKeptBytes - 20_000, LogFrames.MaxKeptBytes);
        Assert.Equal("last", lines[^1].Text);
    }

    [Fact]
    public void Append_LineLongerThanAllowed_IsCut()
    {
        var frames = new LogFrames(terminal: true);
        for (var i = 0; i < 100; i++)
        {
            frames.Append(new byte[4_000].AsSpan());
        }

        Assert.Equal(LogFrames.MaxLineBytes, Assert.Single(frames.Finish()).Text.Length);
    }

    [Fact]
    public void Append_Terminal_TakesPlainTextWithCarriageReturns() =>
        Assert.Equal(["one", "two"], Read(Encoding.UTF8.GetBytes($"{Stamp} one\r\n{Stamp} two\r\n"), terminal: true, piece: 5).Select(l => l.Text));

    [Fact]
    public void Append_NotFrames_IsMalformed()
    {
        var frames = new LogFrames(terminal: false);
        frames.Append("plain text, no frames"u8);

        Assert.True(frames.Malformed);
    }

    private static IReadOnlyList<RawLogLine> Read(byte[] bytes, bool terminal, int piece)
    {
        var frames = new LogFrames(terminal);
        foreach (var chunk in bytes.Chunk(piece))
        {
            frames.Append(chunk);
        }

        return frames.Finish();
    }

    private static byte[] Frame(byte stream, string text)
    {
        var payload = Encoding.UTF8.GetBytes(text);
        var frame = new byte[8 + payload.Length];
        frame[0] = stream;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(4), (uint)payload.Length);
        payload.CopyTo(frame, 8);
        return frame;
    }

    private static string RandomText(Random random)
    {
        const string letters = "ab 1:{}\"é漢 ";
        return string.Concat(Enumerable.Range(0, random.Next(0, 60)).Select(_ => letters[random.Next(letters.Length)]));
    }

    private static List<string> Split(string text, Random random)
    {
        var parts = new List<string>();
        while (text.Length > 1 && random.Next(3) == 0)
        {
            var at = random.Next(1, text.Length);
            parts.Add(text[..at]);
            text = text[at..];
        }

        parts.Add(text);
        return parts;
    }
}

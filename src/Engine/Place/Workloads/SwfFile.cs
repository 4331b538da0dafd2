using System.Globalization;
using Quorate.Contracts;

namespace Quorate.Engine.Place.Workloads;

/// <summary>Reads and writes the Standard Workload Format. Archives' files have quirks: a line that cannot be used is counted, not fatal.</summary>
public static class SwfFile
{
    /// <summary>Characters of a line.</summary>
    public const int MaxLine = 4096;

    public const int MaxJobs = 5_000_000;

    /// <summary>Why a line was passed over that no job can be made of.</summary>
    internal const string TooLarge = "a value too large";

    /// <summary>Beyond it a number is no longer exact to the second.</summary>
    private const double Largest = 1e15;
    private const int MaxHeader = 1000;
    private const int MaxSkipped = 1_000_000;

    /// <exception cref="QuorateException">Input: no job at all, too many, or nothing but lines of another form.</exception>
    public static SwfTrace Read(TextReader reader, int maxJobs = MaxJobs)
    {
        var header = new List<KeyValuePair<string, string>>();
        var jobs = new List<SwfJob>();
        var skipped = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var numbers = new HashSet<long>();
        var hasComments = false;
        while (ReadLine(reader) is { } line)
        {
            var text = line.AsSpan().Trim();
            if (text.Length == 0)
            {
                continue;
            }

            if (text[0] == ';')
            {
                hasComments = true;
                ReadHeader(text[1..].Trim(), header);
            }
            else if (ReadJob(line, out var job) is { } reason || (reason = numbers.Add(job!.Number) ? null : "number used twice") is not null)
            {
                skipped[reason] = skipped.GetValueOrDefault(reason) + 1;
            }
            else
            {
                jobs.Add(job!);
            }

            if (jobs.Count > maxJobs || skipped.Values.Sum() > MaxSkipped)
            {
                throw QuorateException.Input("trace_too_long", $"the trace has more than {(jobs.Count > maxJobs ? $"{maxJobs} jobs" : $"{MaxSkipped} lines that are none")}", "cut it into parts");
            }
        }

        return jobs.Count > 0 ? new SwfTrace(header, jobs, skipped) : throw QuorateException.Input(
            "trace_empty", $"the trace has no job: {(skipped.Count > 0 ? Describe(skipped) : hasComments ? "it has comments only" : "it is empty")}", "A line of the Standard Workload Format has 18 numbers.");
    }

    /// <summary>How many lines were passed over, and why.</summary>
    public static string Describe(IReadOnlyDictionary<string, int> skipped) => string.Join(", ", skipped.Select(s => $"{Counted.Of(s.Value, "line")}: {s.Key}"));

    public static void Write(TextWriter writer, SwfTrace trace)
    {
        foreach (var (name, value) in trace.Header)
        {
            writer.Write($"; {name}: {value}\n");
        }

        foreach (var j in trace.Jobs)
        {
            writer.Write(string.Create(
                CultureInfo.InvariantCulture,
                $"{j.Number} {j.SubmitS} {j.WaitS} {j.RunS} {j.AllocatedProcessors} {j.CpuS:0.##} {j.UsedMemoryKb} {j.RequestedProcessors} {j.RequestedS} {j.RequestedMemoryKb} {j.Status} {j.User} {j.Group} {j.Executable} {j.Queue} {j.Partition} {j.PrecedingJob} {j.ThinkS}\n"));
        }
    }

    private static void ReadHeader(ReadOnlySpan<char> text, List<KeyValuePair<string, string>> header)
    {
        if (text.IndexOf(':') is > 0 and var colon && header.Count < MaxHeader)
        {
            header.Add(new(PlainText.Line(text[..colon].Trim().ToString(), 100), PlainText.Line(text[(colon + 1)..].Trim().ToString(), 1000)));
        }
    }

    /// <summary>Null: the job is there; else why not. Some archives write whole numbers with a fraction, and more fields than there are.</summary>
    private static string? ReadJob(string line, out SwfJob? job)
    {
        job = null;
        if (line.Length > MaxLine)
        {
            return "line too long";
        }

        Span<double> values = stackalloc double[SwfJob.Fields];
        var count = 0;
        foreach (var range in line.AsSpan().SplitAny(' ', '\t', '\r'))
        {
            var field = line.AsSpan()[range];
            if (field.Length > 0 && count < SwfJob.Fields)
            {
                var isNumber = double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && !double.IsNaN(value);
                if (!isNumber || Math.Abs(value) >= Largest)
                {
                    return isNumber ? TooLarge : "not a number";
                }

                values[count++] = value;
            }
        }

        if (count < SwfJob.Fields)
        {
            return "fewer than 18 fields";
        }

        job = new SwfJob
        {
            Number = (long)values[0],
            SubmitS = (long)values[1],
            WaitS = (long)values[2],
            RunS = (long)values[3],
            AllocatedProcessors = (long)values[4],
            CpuS = values[5],
            UsedMemoryKb = (long)values[6],
            RequestedProcessors = (long)values[7],
            RequestedS = (long)values[8],
            RequestedMemoryKb = (long)values[9],
            Status = (long)values[10],
            User = (long)values[11],
            Group = (long)values[12],
            Executable = (long)values[13],
            Queue = (long)values[14],
            Partition = (long)values[15],
            PrecedingJob = (long)values[16],
            ThinkS = (long)values[17],
        };
        return job.Number >= 0 ? null : "no number";
    }

    /// <summary>A line; of one that is too long only as much as tells so, the rest is passed over.</summary>
    private static string? ReadLine(TextReader reader)
    {
        var text = new System.Text.StringBuilder();
        int c;
        while ((c = reader.Read()) >= 0 && c != '\n')
        {
            if (text.Length <= MaxLine)
            {
                text.Append((char)c);
            }
        }

        return c < 0 && text.Length == 0 ? null : text.ToString();
    }
}

using System.Globalization;
using Quorate.Contracts;
using Quorate.Harness.Metrics;

namespace Quorate.Cli.Evaluation;

/// <summary>A rate that a batch must reach.</summary>
internal sealed record HarnessGate(string Name, double Least)
{
    /// <exception cref="QuorateException">Input: neither <c>sr=X</c> nor <c>sr_root=X</c> with X from 0 to 1.</exception>
    public static HarnessGate? Read(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var parts = text.Split('=');
        return parts is ["sr" or "sr_root", var number] && double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var least) && least is >= 0 and <= 1
            ? new HarnessGate(parts[0], least)
            : throw QuorateException.Input("gate_wrong", $"--gate is '{PlainText.Line(text, 80)}'; sr=X or sr_root=X with X from 0 to 1 is allowed");
    }

    /// <summary>Null when it is reached. What the harness could not carry out reaches nothing.</summary>
    public string? Missed(BatchSummary summary)
    {
        var rate = Name == "sr" ? summary.Sr : summary.SrRoot;
        return rate >= Least ? null : string.Create(CultureInfo.InvariantCulture, $"{Name} is {rate?.ToString("0.###", CultureInfo.InvariantCulture) ?? "unknown: no run could be carried out"}, at least {Least:0.###} is asked for");
    }
}

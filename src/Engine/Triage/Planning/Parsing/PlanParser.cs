using System.Text;

namespace Quorate.Engine.Triage.Planning.Parsing;

/// <summary>
/// Text to plan: finds the object, repairs small mistakes, then reads it strictly. What the plan may contain is the
/// validator's matter. Input over 256 KiB and nesting over 32 levels are refused.
/// </summary>
public static class PlanParser
{
    public const int MaxBytes = 256 * 1024;

    public static PlanParseResult Parse(string text, PlanDefaults defaults)
    {
        if (text.Length > MaxBytes || Encoding.UTF8.GetByteCount(text) > MaxBytes)
        {
            return new PlanParseResult { Reasons = [$"the text is longer than {MaxBytes} bytes"] };
        }

        // Half surrogate pairs become replacement characters here, so that nothing after this meets one.
        var (document, repairs, reason) = JsonFinder.Find(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)));
        if (document is null)
        {
            return new PlanParseResult { Reasons = [reason!] };
        }

        using (document)
        {
            return new PlanReader(defaults).Read(document.RootElement) with { Repairs = repairs };
        }
    }
}

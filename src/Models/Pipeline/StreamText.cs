using Microsoft.Extensions.AI;

namespace Quorate.Models.Pipeline;

/// <summary>The text of streamed updates.</summary>
internal static class StreamText
{
    /// <summary>False for mere signs of life and for the end: nothing has been shown to anybody yet.</summary>
    public static bool HasText(this ChatResponseUpdate update)
    {
        for (var i = 0; i < update.Contents.Count; i++)
        {
            if (update.Contents[i] is TextContent { Text.Length: > 0 })
            {
                return true;
            }
        }

        return false;
    }

    public static UsageDetails? Usage(this ChatResponseUpdate update)
    {
        for (var i = 0; i < update.Contents.Count; i++)
        {
            if (update.Contents[i] is UsageContent usage)
            {
                return usage.Details;
            }
        }

        return null;
    }
}
